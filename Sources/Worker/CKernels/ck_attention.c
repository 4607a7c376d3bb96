#include "ck_attention.h"
#include "ck_cpu.h"
#include "ck_gemm.h"
#include "ck_noise.h"
#define CK_IMPLEMENTATION "attention.inc"
#include "impl/variants.h"

// Query rows at a time, so that a block of scores stays in the second cache however long the sequence.
enum { block = 96 };

static int64_t rounded(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
static int64_t padded(const ck_node *n) { return rounded(n->end - n->start, 16); }

int64_t ck_attention_scratch(int64_t tokens, int64_t nodes, int64_t depth, int64_t head) {
    return 2 * (tokens + 16 * nodes) * head + 2 * block * rounded(depth, 8) + rounded(nodes, 16);
}

// Where the panels of each node begin: the padded lengths of those before it.
static float *places_of(const ck_head *h, int32_t *places, float *scratch) {
    int32_t sum = 0;
    for (int64_t i = 0; i < h->node_count; i++) {
        places[i] = sum;
        sum += (int32_t)padded(h->nodes + i);
    }
    return scratch + rounded(h->node_count, 16);
}

// Keys (or values) of every node as panels of 16, each node's at panels + offset · head, where offsets add up padded lengths.
static void pack(const ck_head *h, const float *rows, float *panels) {
    for (int64_t i = 0; i < h->node_count; i++) {
        const ck_node *n = h->nodes + i;
        ck_pack_rows(n->end - n->start, h->head, rows + n->start * h->ldkv, h->ldkv, panels);
        panels += padded(n) * h->head;
    }
}

typedef struct {
    int64_t node;
    float *keys, *values;
} step;

// The nodes from `node` up to the root; returns how many (at most `limit`).
static int64_t path(
    const ck_head *h, int64_t node, const int32_t *places, float *keys, float *values, step *steps, int64_t limit) {
    int64_t count = 0;
    for (int64_t i = node; i >= 0 && count < limit; i = h->nodes[i].parent, count++) {
        int64_t place = places[i] * h->head;
        steps[count] = (step){i, keys + place, values ? values + place : 0};
    }
    return count;
}

// A path is never longer than this: the tree's builder sees to it.
enum { longest_path = 64 };

// out = probabilities · values over a block's path. Nodes that are joined to their parents are summed from above in one go.
static void weigh(
    const ck_head *h, const step *steps, int64_t count, int64_t rows, int64_t own, const float *s, int64_t width, float *out,
    int64_t ldo, float *sums) {
    for (int64_t c = 0, run; c < count; c += run) {
        for (run = 1; c + run < count && h->nodes[steps[c + run - 1].node].joined;) run++;
        int apart = c > 0 && run > 1;
        float *into = apart ? sums : out;
        int64_t ld = apart ? h->head : ldo;
        for (int64_t i = c + run - 1; i >= c; i--) {
            const ck_node *m = h->nodes + steps[i].node;
            int first = i == c + run - 1, join = !first ? CK_GO_ON : c > 0 && !apart ? CK_ADD : CK_SET;
            ck_gemm(
                rows, h->head, i ? m->end - m->start : own, s + m->depth, width, 1, h->v + m->start * h->ldkv, h->ldkv, into,
                ld, join);
        }
        for (int64_t r = 0; apart && r < rows; r++)
            for (int64_t j = 0; j < h->head; j++) out[r * ldo + j] += sums[r * h->head + j];
    }
}

void ck_attention_forward(const ck_head *h, float *out, int64_t ldo, float *lse, int64_t ldl, float *scratch) {
    step steps[longest_path];
    int32_t *places = (int32_t *)scratch;
    int64_t total = 0;
    for (int64_t i = 0; i < h->node_count; i++) total += padded(h->nodes + i);
    float *keys = places_of(h, places, scratch), *s = keys + total * h->head;
    pack(h, h->k, keys);
    for (int64_t i = 0; i < h->node_count; i++) {
        const ck_node *n = h->nodes + i;
        int64_t count = path(h, i, places, keys, 0, steps, longest_path);
        for (int64_t t = n->start; t < n->end; t += block) {
            int64_t rows = n->end - t < block ? n->end - t : block;
            int64_t first = n->depth + (t - n->start), width = rounded(first + rows, 8);
            // Of its own node a block sees the tokens up to its end.
            int64_t own = t + rows - n->start;
            const float *q = h->q + t * h->ldq;
            for (int64_t c = 0; c < count; c++) {
                const ck_node *m = h->nodes + steps[c].node;
                int64_t length = c ? m->end - m->start : own;
                ck_gemm_packed(rows, length, h->head, q, h->ldq, steps[c].keys, s + m->depth, width, 0);
            }
            CK_CALL(ck_softmax_block, rows, first, width, h->window, h->scale, s, lse + t * ldl, ldl);
            if (h->dropout > 0) ck_dropout(rows, width, s, width, h->keys + t, h->stream, 0, h->dropout);
            // The values' panels are for the backward pass: their place is free for the sums of a block.
            weigh(h, steps, count, rows, own, s, width, out + t * ldo, ldo, s + block * width);
        }
    }
}

void ck_attention_backward(
    const ck_head *h, const float *out, int64_t ldo, const float *lse, int64_t ldl, const float *dout, int64_t lddo,
    float *dq, int64_t lddq, float *dk, float *dv, int64_t lddkv, float *scratch) {
    step steps[longest_path];
    int64_t total = 0, deepest = 0;
    for (int64_t i = 0; i < h->node_count; i++) {
        const ck_node *n = h->nodes + i;
        total += padded(n);
        if (n->depth + n->end - n->start > deepest) deepest = n->depth + n->end - n->start;
    }
    int32_t *places = (int32_t *)scratch;
    float *keys = places_of(h, places, scratch), *values = keys + total * h->head, *s = values + total * h->head;
    float *ds = s + block * rounded(deepest, 8);
    pack(h, h->k, keys);
    pack(h, h->v, values);
    for (int64_t i = 0; i < h->node_count; i++) {
        const ck_node *n = h->nodes + i;
        int64_t count = path(h, i, places, keys, values, steps, longest_path);
        for (int64_t t = n->start; t < n->end; t += block) {
            int64_t rows = n->end - t < block ? n->end - t : block;
            int64_t first = n->depth + (t - n->start), width = rounded(first + rows, 8);
            const float *q = h->q + t * h->ldq, *g = dout + t * lddo;
            for (int64_t c = 0; c < count; c++) {
                const ck_node *m = h->nodes + steps[c].node;
                int64_t length = c ? m->end - m->start : t + rows - m->start;
                ck_gemm_packed(rows, length, h->head, q, h->ldq, steps[c].keys, s + m->depth, width, 0);
                ck_gemm_packed(rows, length, h->head, g, lddo, steps[c].values, ds + m->depth, width, 0);
            }
            // The columns that pad a row to whole vectors hold whatever was there: they must not make a NaN of 0 · garbage.
            for (int64_t r = 0; r < rows; r++)
                for (int64_t j = first + rows; j < width; j++) ds[r * width + j] = 0;
            CK_CALL(ck_softmax_again, rows, first, width, h->window, h->scale, s, lse + t * ldl, ldl);
            // With P' = P∘mask: dP = mask∘(g·vᵀ), and g·out is still the sum of P∘dP; dv takes P'.
            if (h->dropout > 0) ck_dropout(rows, width, ds, width, h->keys + t, h->stream, 0, h->dropout);
            CK_CALL(ck_softmax_gradient, rows, h->head, width, h->scale, s, ds, out + t * ldo, ldo, g, lddo);
            if (h->dropout > 0) ck_dropout(rows, width, s, width, h->keys + t, h->stream, 0, h->dropout);
            for (int64_t c = 0; c < count; c++) {
                const ck_node *m = h->nodes + steps[c].node;
                int64_t length = c ? m->end - m->start : t + rows - m->start;
                ck_gemm(rows, h->head, length, ds + m->depth, width, 1, h->k + m->start * h->ldkv, h->ldkv, dq + t * lddq, lddq, c > 0);
                ck_gemm(length, h->head, rows, ds + m->depth, 1, width, q, h->ldq, dk + m->start * lddkv, lddkv, 1);
                ck_gemm(length, h->head, rows, s + m->depth, 1, width, g, lddo, dv + m->start * lddkv, lddkv, 1);
            }
        }
    }
}
