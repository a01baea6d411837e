// The elastic net of each task's quadratic, column after column, by cyclic coordinate descent:
//
//     minimise  u'A u / 2 - q'u + t sum over k of (a |u_k| + (1 - a) u_k^2 / 2)
//
// A column begins at the answer of the one before it. Sweeps go over all coordinates; after one that leaves all signs as they
// were, and whose largest step is more than half of that of the sweep before, come conjugate gradients on the face, among the
// coordinates that are not 0, while these keep their signs: there the objective is a quadratic.
//
// A work-item handles a pack with vector types, or one lane of it (prelude.cl): the same text. A lane's steps are those that it
// would have alone: some lanes sweep while others are on a face, and what the others do moves none of its numbers.

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

// Brings one coordinate to where the objective is least along it, in the lanes where `mask` is 1, and notes in `turned` where
// it does not keep its sign.
static void step_along(
    const int k, const int order, global const pack *matrix, const pack bound, const pack inverse, const pack root,
    const pack mask, const pack zero, private pack *r, global pack *u, private pack *largest, private pack *turned,
    private pack *size)
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
    const pack moved = move == zero ? *turned : mask;
    *turned = own * next > zero ? *turned : moved;
}

// The slope of the objective along a coordinate, its sign changed; 0 where the coordinate is.
static pack slope_at(const pack r, const pack u, const pack bound, const pack square, const pack zero)
{
    const pack opposite = -bound, pull = fma(square, u, u < zero ? opposite : bound), slope = r - pull;
    return u == zero ? zero : slope;
}

// product = A p, and returns p'A p + t (1 - a) p'p.
static pack multiply_direction(
    const int order, global const pack *matrix, const pack square, const private pack *p, private pack *product)
{
    for (int k = 0, e = 0; k < order; k++) {
        const pack value = p[k];
        pack sum = 0;
        for (int i = 0; i < k; i++, e++) {
            const pack entry = AT(matrix, e);
            sum = fma(entry, p[i], sum);
            product[i] = fma(entry, value, product[i]);
        }
        product[k] = fma(AT(matrix, e), value, sum);
        e++;
    }
    pack curvature = 0;
    for (int k = 0; k < order; k++) curvature = fma(fma(square, p[k], product[k]), p[k], curvature);
    return curvature;
}

// Ends steps where the first coordinate becomes 0, and returns which one that is; -1 in lanes where none does.
static pack shorten(
    const int order, const pack bound, const private pack *p, global const pack *u, const pack zero,
    private pack *length)
{
    pack stopped = zero - 1, crossing = zero;
    for (int k = 0; k < order; k++) {
        const pack next = fma(*length, p[k], AT(u, k));
        crossing = AT(u, k) * next < zero ? bound : crossing;
    }
    if (!ANY(crossing > zero)) return stopped;
    for (int k = 0; k < order; k++) {
        const pack next = fma(*length, p[k], AT(u, k)), place = zero + (real)k, ratio = -AT(u, k) / p[k];
        const pack nearer = AT(u, k) * next < zero ? ratio : *length;
        const pack shorter = bound > zero ? nearer : *length;
        stopped = shorter < *length ? place : stopped;
        *length = shorter < *length ? shorter : *length;
    }
    return stopped;
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
    pack r[MAX_ORDER], inverse[MAX_ORDER], root[MAX_ORDER], p[MAX_ORDER], product[MAX_ORDER];

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
            p[k] = zero;
        }
        size = scale > size ? scale : size;
        subtract_product(order, matrix, q_entries, q_step, q, u, r);

        // Lanes that go on, those that are on a face, and how often each has swept or stepped.
        pack open = one, on_face = zero, sweeps = zero, steepness = zero;
        // The largest step of the sweep before.
        pack last = zero + (real)INFINITY;
        while (ANY(open > zero)) {
            const pack mask = open - on_face;
            if (ANY(mask > zero)) {
                pack largest = zero, turned = zero;
                for (int k = 0; k < order; k++)
                    step_along(
                        k, order, matrix, bound, inverse[k], root[k], mask, zero, r, u, &largest, &turned, &size);
                sweeps += mask;
                const pack least = size * tolerance;
                pack going_on = largest > least ? mask : zero;
                going_on = sweeps < most ? going_on : zero;
                open = on_face + going_on;
                // Signs matter where they have a price.
                const pack is_left = bound > zero ? turned : zero, settled = is_left == zero ? going_on : zero;
                const pack entering = 2 * largest > last ? settled : zero;
                last = mask > zero ? largest : last;
                if (ANY(entering > zero)) {
                    pack sum = zero;
                    for (int k = 0; k < order; k++) {
                        const pack slope = slope_at(r[k], AT(u, k), bound, square, zero), step = slope * inverse[k];
                        sum = fma(slope, step, sum);
                        p[k] = entering > zero ? step : p[k];
                    }
                    steepness = entering > zero ? sum : steepness;
                    on_face += sum > zero ? entering : zero;
                }
            }
            if (!ANY(on_face > zero)) continue;
            const pack curvature = multiply_direction(order, matrix, square, p, product);
            const pack whole = steepness / curvature, bent = curvature > zero ? whole : zero;
            pack length = on_face > zero ? bent : zero;
            const pack stopped = shorten(order, bound, p, u, zero, &length);
            pack largest = zero, sum = zero;
            for (int k = 0; k < order; k++) {
                const pack move = length * p[k], place = zero + (real)k, moved = AT(u, k) + move;
                const pack next = stopped == place ? zero : moved;
                AT(u, k) = next;
                r[k] = fma(-length, product[k], r[k]);
                const pack change = fabs(move) * root[k], reach = fabs(next) * root[k];
                largest = change > largest ? change : largest;
                size = reach > size ? reach : size;
                const pack slope = slope_at(r[k], next, bound, square, zero), step = slope * inverse[k];
                sum = fma(slope, step, sum);
                product[k] = step;
            }
            sweeps += on_face;
            const pack least = size * tolerance;
            // Where one has become 0 the face is another, and directions begin anew.
            const pack is_new = stopped < zero ? zero : on_face;
            pack staying = largest > least ? on_face : is_new;
            staying = sum > zero ? staying : zero;
            staying = sweeps < most ? staying : zero;
            const pack ratio = sum / steepness, conjugate = is_new > zero ? zero : ratio;
            for (int k = 0; k < order; k++) {
                const pack further = fma(conjugate, p[k], product[k]), next = AT(u, k) == zero ? zero : further;
                p[k] = staying > zero ? next : zero;
            }
            steepness = sum;
            on_face = staying;
            open = sweeps < most ? open : zero;
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
