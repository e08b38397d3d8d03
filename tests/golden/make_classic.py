#!/usr/bin/env python3
"""Prints the numbers of the classic small case that tests/05_multi_head_attention_test.c expects.

It needs NumPy; the test does not. The function is the one that textbooks give, in float64.
"""

import numpy as np

X = [[1, 0, 2], [0, 1, 1]]
W_Q = [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 2], [0, 0, 1, 1, 0, 0]]
W_K = [[0, 1, 0, 1, 0, 0], [1, 0, 0, 0, 2, 0], [0, 0, 1, 0, 0, 1]]
W_V = [[1, 0, 0, 0, 0, 2], [0, 2, 0, 1, 0, 0], [0, 0, 1, 0, 1, 0]]
W_O = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 0], [1, 1, 0]]


def softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def multi_head_attention(x, w_q, w_k, w_v, w_o, heads):
    all_weights, results = [], []
    split = [np.split(x @ w, heads, axis=1) for w in (w_q, w_k, w_v)]
    for q, k, v in zip(*split):
        weights = softmax(q @ k.T / np.sqrt(k.shape[1]))
        all_weights.append(weights)
        results.append(weights @ v)
    return np.concatenate(all_weights), np.concatenate(results, axis=1) @ w_o


def main():
    arrays = [np.array(a, dtype=np.float64) for a in (X, W_Q, W_K, W_V, W_O)]
    for name, array in zip(("weights", "out"), multi_head_attention(*arrays, heads=2)):
        print(f"{name} {array.shape}")
        for row in array:
            print("    " + ", ".join(f"{number:.12f}" for number in row))


if __name__ == "__main__":
    main()
