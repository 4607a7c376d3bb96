#pragma once
#include <stdint.h>

/// A stretch of tokens that several sequences may share. Nodes lie in depth-first order: all tokens below a node follow it.
typedef struct {
    /// Tokens start ..< end of the stream.
    int32_t start, end;
    /// Index of the parent node within the same tree, or -1.
    int32_t parent;
    /// Position of the first token in its sequence: the number of tokens on the path above.
    int32_t depth;
    /// 1 where sums over the values of this node go on with those over its parent's, so that both have the bits of one node.
    int32_t joined;
} ck_node;

/// One attention head over one tree; pointers are those of token 0 of the stream, at the head's columns.
typedef struct {
    const ck_node *nodes;
    int64_t node_count;
    int64_t head;
    float scale;
    /// Tokens that a token sees back, itself included; 0 sees all.
    int64_t window;
    const float *q, *k, *v;
    int64_t ldq, ldkv;
    /// Dropout on the probabilities (0: none), drawn from each token's key and `stream`; see ck_noise.h.
    float dropout;
    const uint64_t *keys;
    uint64_t stream;
} ck_head;

/// Floats of scratch for a tree of `tokens` tokens on `nodes` nodes whose deepest token has position depth - 1.
int64_t ck_attention_scratch(int64_t tokens, int64_t nodes, int64_t depth, int64_t head);

/// out = softmax(q·kᵀ·scale)·v along each token's own path; keeps the log-sum-exp of its scores in lse[token · ldl].
void ck_attention_forward(const ck_head *h, float *out, int64_t ldo, float *lse, int64_t ldl, float *scratch);

/// dq (set), dk and dv (added to) from dout; scores are computed again from q, k and lse (Dao et al. 2022).
void ck_attention_backward(
    const ck_head *h, const float *out, int64_t ldo, const float *lse, int64_t ldl, const float *dout, int64_t lddo,
    float *dq, int64_t lddq, float *dk, float *dv, int64_t lddkv, float *scratch);
