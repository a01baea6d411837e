// The elastic net of each task's quadratic, column after column, by cyclic coordinate descent:
//
//     minimise  u'A u / 2 - q'u + t sum over k of (a |u_k| + (1 - a) u_k^2 / 2)
//
// A column begins at the answer of the one before it. Sweeps go over all coordinates; after each come sweeps over those
// that are not 0, until these rest. A work-item handles a pack with vector types, or one lane of it (prelude.cl): the same
// text. A lane's sweeps are those that it would have alone: a coordinate that other lanes visit and it does not has no
// step in it, and a lane that is done keeps its numbers.

#if VECTOR_PACKS
#define ANY(condition) any(condition)
#else
#define ANY(condition) (condition)
#endif

// r = q - A u.
static void subtract_product(
    const int order, global const pack *matrix, const int q_entries, const int q_step, global const pack *q,
    global const pack *u, private pack *r)
{
    for (int k = 0; k < order; k++) r[k] = OPERAND_AT(q, q, k);
    for (int k = 0, e = 0; k < order; k++) {
        const pack value = AT(u, k);
        pack sum = 0;
        for (int i = 0; i < k; i++, e++) {
            const pack entry = AT(matrix, e);
            sum = fma(entry, AT(u, i), sum);
            r[i] = fma(-entry, value, r[i]);
        }
        r[k] -= fma(AT(matrix, e), value, sum);
        e++;
    }
}

// Brings one coordinate to where the objective is least along it, in the lanes where `mask` is 1.
static void step_along(
    const int k, const int order, global const pack *matrix, const pack bound, const pack inverse, const pack root,
    const pack mask, const pack zero, private pack *r, global pack *u, private pack *largest, private pack *size)
{
    const int row = triangle(k);
    const pack own = AT(u, k), target = fma(AT(matrix, row + k), own, r[k]), opposite = -bound;
    const pack above = target > bound ? bound : target;
    const pack clamped = above < opposite ? opposite : above;
    const pack change = (target - clamped) * inverse - own;
    const pack move = mask > zero ? change : zero;
    if (!ANY(move != zero)) return;
    const pack next = own + move;
    AT(u, k) = next;
    for (int i = 0; i < k; i++) r[i] = fma(-AT(matrix, row + i), move, r[i]);
    for (int i = k, e = row + k; i < order; e += ++i) r[i] = fma(-AT(matrix, e), move, r[i]);
    const pack length = fabs(move) * root, reach = fabs(next) * root;
    *largest = length > *largest ? length : *largest;
    *size = reach > *size ? reach : *size;
}

// One work-item a pack, or a lane.
kernel void elastic_net(
    const int item_count,
    const int columns,
    const int order,
    const int sweep_limit,
    const real mixture,
    const real tolerance,
    const int matrix_entries, const int matrix_first,
    OPERAND(q),
    OPERAND(t),
    const int u_entries, const int u_first,
    const int f_entries, const int f_first,
    global const pack *restrict matrices,   // triangle(order) entries
    global const pack *restrict linears,
    global const pack *restrict thresholds,
    global pack *restrict answers,          // columns x order entries
    global pack *restrict violations)       // columns entries
{
    const int item = (int)get_global_id(0);
    if (item >= item_count) return;
    global const pack *matrix = matrices + ITEM_OFFSET(item, matrix_entries, matrix_first);
    pack r[MAX_ORDER], inverse[MAX_ORDER], root[MAX_ORDER], active[MAX_ORDER];

    // Not constants: between a constant and a value oclgrind's vectors choose wrongly.
    const pack zero = (pack)(real)(item_count < 0), one = zero + 1;
    const pack most = zero + (real)sweep_limit;

    for (int column = 0; column < columns; column++) {
        global const pack *q = linears + OPERAND_OFFSET(q, item, column);
        global const pack *limit = thresholds + OPERAND_OFFSET(t, item, column);
        global pack *u = answers + ITEM_OFFSET(item, u_entries, u_first + column * order);
        const pack t = OPERAND_AT(t, limit, 0);
        // An infinite threshold times nothing is none.
        const pack bound = mixture == 0 ? zero : t * mixture, square = mixture == 1 ? zero : t * (1 - mixture);

        pack scale = zero, size = zero;
        for (int k = 0; k < order; k++) {
            const pack before = column == 0 ? zero : AT(u - order * ENTRY, k);
            AT(u, k) = before;
            const pack diagonal = AT(matrix, triangle(k) + k), part = 1 / (diagonal + square);
            const pack positive = diagonal > zero ? diagonal : zero;
            root[k] = sqrt(positive);
            inverse[k] = diagonal > zero ? part : zero;
            const pack ratio = fabs(OPERAND_AT(q, q, k)) / root[k], share = diagonal > zero ? ratio : zero;
            scale = share > scale ? share : scale;
            const pack reach = fabs(before) * root[k];
            size = reach > size ? reach : size;
        }
        size = scale > size ? scale : size;
        subtract_product(order, matrix, q_entries, q_step, q, u, r);

        // Lanes that sweep over all coordinates, and how often each has swept.
        pack open = one, sweeps = zero;
        while (ANY(open > zero)) {
            pack largest = zero;
            for (int k = 0; k < order; k++)
                step_along(
                    k, order, matrix, bound, inverse[k], root[k], open, zero, r, u, &largest, &size);
            sweeps += open;
            pack least = size * tolerance;
            open = largest > least ? open : zero;
            open = sweeps < most ? open : zero;
            if (!ANY(open > zero)) break;
            for (int k = 0; k < order; k++) active[k] = AT(u, k) == zero ? zero : one;
            pack moving = open;
            while (ANY(moving > zero)) {
                largest = zero;
                for (int k = 0; k < order; k++) {
                    const pack mask = moving * active[k];
                    if (!ANY(mask > zero)) continue;
                    step_along(
                        k, order, matrix, bound, inverse[k], root[k], mask, zero, r, u, &largest, &size);
                }
                sweeps += moving;
                least = size * tolerance;
                moving = largest > least ? moving : zero;
                moving = sweeps < most ? moving : zero;
            }
        }

        // By how much the conditions of an optimum fail. What is not a number has a sum that is none.
        subtract_product(order, matrix, q_entries, q_step, q, u, r);
        pack worst = zero, total = t == t ? zero : t;
        for (int k = 0; k < order; k++) {
            const pack value = AT(u, k), opposite = -bound;
            const pack excess = fabs(r[k]) - bound, outside = excess <= zero ? zero : excess;
            const pack pull = fma(square, value, value < zero ? opposite : bound), inside = fabs(r[k] - pull);
            const pack ratio = (value == zero ? outside : inside) / sqrt(AT(matrix, triangle(k) + k));
            const pack share = AT(matrix, triangle(k) + k) <= zero ? zero : ratio;
            worst = share > worst ? share : worst;
            total += share;
        }
        const pack relative = worst / scale;
        AT(violations + ITEM_OFFSET(item, f_entries, f_first + column), 0) =
            (scale == zero ? worst : relative) + (total - total);
    }
}
