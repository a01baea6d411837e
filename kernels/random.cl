// Random numbers from counter-based streams, and whether the device rounds as their bits ask.
//
// The value at a position of a task is made of the four Philox4x32-10 words whose counter is (position, task,
// replication, place) and whose key is the seed (Salmon et al., SC11). Normals are quantiles at uniforms by Wichura's
// AS 241 (Applied Statistics 37, 1988): PPND16 in double, PPND7 in float. Only + - * / and sqrt are used, each rounded
// on its own: the bits are those of the CPU path (Double+Draws.swift, Float+Draws.swift) wherever division and square
// root are correctly rounded.
#ifndef PACKS_PER_BLOCK
#define PACKS_PER_BLOCK 64
#endif

#define IS_DOUBLE_double 1
#define IS_DOUBLE_float 0
#define IS_DOUBLE JOIN(IS_DOUBLE_, REAL)

#if IS_DOUBLE
#define BITS ulong
#else
#define BITS uint
#endif

#if VECTOR_PACKS
typedef JOIN(uint, LANES) words;
typedef JOIN(BITS, LANES) bits;
#define to_bits(x) JOIN(JOIN(convert_, BITS), LANES)(x)
#define as_pack(x) JOIN(JOIN(as_, REAL), LANES)(x)
#define as_bits(x) JOIN(JOIN(as_, BITS), LANES)(x)
#define to_pack(x) JOIN(JOIN(convert_, REAL), LANES)(x)
#define ANY(condition) any(condition)
#if LANES == 8
#define LANE_NUMBERS (words)(0, 1, 2, 3, 4, 5, 6, 7)
#else
#define LANE_NUMBERS (words)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#endif
#else
typedef uint words;
typedef BITS bits;
#define to_bits(x) ((bits)(x))
#define as_pack(x) JOIN(as_, REAL)(x)
#define as_bits(x) JOIN(as_, BITS)(x)
#define to_pack(x) ((pack)(x))
#define ANY(condition) (condition)
#endif

typedef struct {
    words w0, w1, w2, w3;
} block;

static block philox(const block counter, uint key0, uint key1)
{
    block c = counter;
    for (int round = 0; round < 10; round++) {
        const words m0 = 0xd2511f53u, m1 = 0xcd9e8d57u;
        const words high0 = mul_hi(c.w0, m0), low0 = c.w0 * m0, high1 = mul_hi(c.w2, m1), low1 = c.w2 * m1;
        c.w0 = high1 ^ c.w1 ^ key0;
        c.w1 = low1;
        c.w2 = high0 ^ c.w3 ^ key1;
        c.w3 = low0;
        key0 += 0x9e3779b9u;
        key1 += 0xbb67ae85u;
    }
    return c;
}

#if IS_DOUBLE

// (2 k + 1) / 2^53, with k the first 52 bits of two words.
static pack uniform_of(const block b)
{
    const bits fraction = (to_bits(b.w0) << 32 | to_bits(b.w1)) >> 12;
    return as_pack(fraction | 0x3ff0000000000000ul) - (1 - 0x1p-53);
}

static pack polynomial(
    const pack x, const real c0, const real c1, const real c2, const real c3, const real c4, const real c5,
    const real c6, const real c7)
{
    return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0;
}

// -log x for x in (0, 1/2]: with x = 2^k m and m near 1, log m = 2 artanh s for s = (m - 1) / (m + 1) by its series.
static pack minus_logarithm(const pack x)
{
    const bits field = as_bits(x) >> 52;
    pack exponent = as_pack(field | 0x4330000000000000ul) - (0x1p52 + 1023);
    pack m = as_pack((as_bits(x) & 0xffffffffffffful) | 0x3ff0000000000000ul);
    const pack doubled = m;
    m = doubled > 1.4142135623730951 ? doubled * 0.5 : doubled;
    exponent = doubled > 1.4142135623730951 ? exponent + 1 : exponent;
    const pack s = (m - 1) / (m + 1);
    const pack t = s * s;
    pack series = 1.0 / 19;
    series = series * t + 1.0 / 17;
    series = series * t + 1.0 / 15;
    series = series * t + 1.0 / 13;
    series = series * t + 1.0 / 11;
    series = series * t + 1.0 / 9;
    series = series * t + 1.0 / 7;
    series = series * t + 1.0 / 5;
    series = series * t + 1.0 / 3;
    series = series * t + 1;
    return exponent * -0.6931471805599453 - (s + s) * series;
}

static pack normal_quantile(const pack u)
{
    const pack q = u - 0.5;
    const pack square = q * q;
    const pack center = 0.180625 - square;
    const pack central =
        q * polynomial(
            center, 3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
            45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727)
        / polynomial(
            center, 1, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077, 21213.794301586595867,
            39307.895800092710610, 28729.085735721942674, 5226.4952788528545610);
    const pack distance = sqrt(minus_logarithm(q > 0 ? 1 - u : u));
    const pack tail = distance - 1.6;
    pack size =
        polynomial(
            tail, 1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
            1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4)
        / polynomial(
            tail, 1, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
            0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9);
    if (ANY(distance > 5)) {
        const pack far = distance - 5;
        const pack far_size =
            polynomial(
                far, 6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
                0.296560571828504891230, 0.0265321895265761230930, 1.24266094738807843860e-3,
                2.71155556874348757815e-5, 2.01033439929228813265e-7)
            / polynomial(
                far, 1, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
                7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                2.04426310338993978564e-15);
        size = distance > 5 ? far_size : size;
    }
    const pack outer = q > 0 ? size : -size;
    return square <= 0.180625 ? central : outer;
}

#else

// (2 k + 1) / 2^24, with k the first 23 bits of a word.
static pack uniform_of(const block b)
{
    return as_pack(b.w0 >> 9 | 0x3f800000u) - (1 - 0x1p-24f);
}

static pack polynomial(const pack x, const real c0, const real c1, const real c2, const real c3)
{
    return ((c3 * x + c2) * x + c1) * x + c0;
}

// As in double, with fewer terms.
static pack minus_logarithm(const pack x)
{
    const bits field = as_bits(x) >> 23;
    pack exponent = as_pack(field | 0x4b000000u) - (0x1p23f + 127);
    pack m = as_pack((as_bits(x) & 0x7fffffu) | 0x3f800000u);
    const pack doubled = m;
    m = doubled > 1.41421356f ? doubled * 0.5f : doubled;
    exponent = doubled > 1.41421356f ? exponent + 1 : exponent;
    const pack s = (m - 1) / (m + 1);
    const pack series = polynomial(s * s, 1, 1.0f / 3, 1.0f / 5, 1.0f / 7);
    return exponent * -0.693147181f - (s + s) * series;
}

static pack normal_quantile(const pack u)
{
    const pack q = u - 0.5f;
    const pack square = q * q;
    const pack center = 0.180625f - square;
    const pack central =
        q * polynomial(center, 3.3871327179f, 50.434271938f, 159.29113202f, 59.109374720f)
        / polynomial(center, 1, 17.895169469f, 78.757757664f, 67.187563600f);
    const pack tail = sqrt(minus_logarithm(q > 0 ? 1 - u : u)) - 1.6f;
    const pack size =
        polynomial(tail, 1.4234372777f, 2.7568153900f, 1.3067284816f, 0.17023821103f)
        / polynomial(tail, 1, 0.73700164250f, 0.12021132975f, 0);
    const pack outer = q > 0 ? size : -size;
    return square <= 0.180625f ? central : outer;
}

#endif

// The half-words of a position: value % 8 of its four words, the low half of each first.
static pack half_word(const block b, const int which)
{
    const words word = which < 4 ? (which < 2 ? b.w0 : b.w1) : (which < 6 ? b.w2 : b.w3);
    return to_pack(which % 2 ? word >> 16 : word & 0xffffu);
}

#define WORDS 0
#define UNIFORMS 1
#define NORMALS 2

// Fills an array with a stream's words, uniforms or normals. A work-item makes a run of values of a pack, or of one
// lane of it. A device has every `member_count`-th block of PACKS_PER_BLOCK packs, from block `member` on.
kernel void fill(
    const int item_count,
    const int kind,
    const int run,                 // values a work-item
    const int values,              // values a task
    const int output_entries, const int output_first,
    const int member, const int member_count,
    const uint seed_low, const uint seed_high,
    const uint replication, const uint place,
    const uint first_task, const uint first_position,
    global pack *restrict outputs)  // packed
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    const int runs = (values + run - 1) / run, lane = item % ENTRY, local_pack = item / ENTRY / runs;
    const int start = item / ENTRY % runs * run;
    const int block_start = (local_pack / PACKS_PER_BLOCK * member_count + member) * PACKS_PER_BLOCK;
    const uint task = first_task + (uint)(block_start + local_pack % PACKS_PER_BLOCK) * LANES;
    block counter;
#if VECTOR_PACKS
    counter.w1 = task + LANE_NUMBERS;
#else
    counter.w1 = task + lane;
#endif
    counter.w2 = replication;
    counter.w3 = place;
    global pack *restrict output = outputs + ((size_t)local_pack * output_entries + output_first) * ENTRY + lane;
    for (int v = start; v < min(values, start + run); v++) {
        counter.w0 = first_position + (uint)(kind == WORDS ? v / 8 : v);
        const block b = philox(counter, seed_low, seed_high);
        pack value;
        if (kind == WORDS) value = half_word(b, v % 8);
        else value = uniform_of(b);
        if (kind == NORMALS) value = normal_quantile(value);
        output[(size_t)v * ENTRY] = value;
    }
}

// a / b and sqrt(a) of each pair: whether they are correctly rounded is for the host to say.
kernel void divide_and_root(
    const int item_count,
    global const pack *restrict a,      // item_count
    global const pack *restrict b,      // item_count
    global pack *restrict quotients,    // item_count
    global pack *restrict roots)        // item_count
{
    const int item = get_global_id(0);
    if (item >= item_count) return;
    quotients[item] = a[item] / b[item];
    roots[item] = sqrt(a[item]);
}
