# make         build the program for this CPU            make lint     formatting and the rules of the layers
# make demo    install what is missing, build, and run   make verify   what needs more than the two: oclgrind and a
#              the example                                             second OpenCL implementation
# make install put the program into PREFIX/bin
# make test    the same set-up, then every test          make dist     a program for other machines, in dist/
# make fast    the fast suites, unoptimised              make leaks    failing devices under AddressSanitizer
# make vega    what the pages of kindred report carry    make clean    remove all that was built
#
# All is built in .build, in release; only `make fast` and `make leaks` have folders of their own.

KINDRED := .build/release/kindred
PREFIX ?= /usr/local

# Without -fno-math-errno a square root is a branch and a scalar a lane, in case of a negative one; its bits are the same.
ifeq ($(shell uname -m),x86_64)
# A CPU without fused multiply-add gets separate operations: a call into libm for each would be far slower.
NATIVE := -Xcc -march=native -Xcc -fno-math-errno $(if $(shell grep -m1 -w fma /proc/cpuinfo),-Xswiftc -DKINDRED_FMA)
PORTABLE := -Xcc -march=x86-64-v3 -Xcc -fno-math-errno -Xswiftc -DKINDRED_FMA
else
NATIVE := -Xcc -mcpu=native -Xcc -fno-math-errno -Xswiftc -DKINDRED_FMA
PORTABLE := -Xcc -fno-math-errno -Xswiftc -DKINDRED_FMA
endif

RELEASE := -c release $(NATIVE)
# Testable imports would be other build options than the program's, and so a second build of everything.
TEST := scripts/test.sh $(RELEASE) --disable-testable-imports

.NOTPARALLEL:
.PHONY: build setup demo test fast lint verify leaks vega dist install clean

build:
	swift build $(RELEASE)

setup:
	@scripts/setup.sh

demo: setup build
	@scripts/demo.sh

test: setup build
	@$(TEST)

# Suites that an unoptimised build would make slow have names with "Slow" in them.
fast: setup
	@scripts/test.sh --scratch-path .build-debug --skip Slow

lint:
	@scripts/lint.sh

verify: setup build
	@TEST='$(TEST)' scripts/verify.sh

leaks: setup
	@scripts/leaks.sh $(RELEASE)

vega:
	@mkdir -p $(dir $(KINDRED))
	@scripts/vega.sh $(dir $(KINDRED))vega

# Builds into .build too, so the next `make` builds for this CPU anew.
dist: setup
	swift build -c release $(PORTABLE) --static-swift-stdlib --product kindred
	@mkdir -p dist
	cp $(KINDRED) dist/kindred
	strip dist/kindred
	@KINDRED_OPENCL=none dist/kindred --version
	@echo "dist/kindred: $$(stat -c %s dist/kindred | awk '{ printf "%.1f MB", $$1 / 1e6 }')"

install: build
	install -D -m 755 $(KINDRED) $(DESTDIR)$(PREFIX)/bin/kindred
	@bundle=$(dir $(KINDRED))vega/vega-bundle.js; [ ! -s $$bundle ] || \
	    install -D -m 644 $$bundle $(DESTDIR)$(PREFIX)/share/kindred/vega-bundle.js

clean:
	rm -rf .build .build-debug .build-fuzz .build-leaks dist
