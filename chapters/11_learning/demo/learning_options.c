#include "learning_options.h"

#include "model_choices.h"

const Option LEARNING_OPTIONS[LEARNING_OPTION_COUNT] = {
    [GRADIENT_Q] = {"q", "FILE", "the queries, (T_q, d_k) or (n, T_q, d_k)"},
    [GRADIENT_K] = {"k", "FILE", "the keys, (T_k, d_k) or (n, T_k, d_k)"},
    [GRADIENT_V] = {"v", "FILE", "the values, (T_k, d_v) or (n, T_k, d_v)"},
    [GRADIENT_SLOPE] = {"slope", "FILE", "the gradient of the result, (T_q, d_v) or (n, T_q, d_v)"},
    [GRADIENT_SCALE] = {"scale", "NUMBER",
                        "what scores are multiplied by (default: 1 / sqrt(d_k))"},
    [GRADIENT_CAUSAL] = {"causal", NULL, "query i sees the keys 0 to i only"},
    [GRADIENT_OUT] = {"out", "FILE", "the gradient of the queries"},
    [GRADIENT_K_OUT] = {"k-out", "FILE", "the gradient of the keys"},
    [GRADIENT_V_OUT] = {"v-out", "FILE", "the gradient of the values"},
    [LEARNING_TASK] = {"task", "NAME",
                       "what to learn: reverse, induction, dates or bank; or --source"},
    [LEARNING_STEPS] = {"steps", "N", "steps in all (default: the task's own)"},
    [LEARNING_SEED] = {"seed", "N", "where chance begins (default: 1)"},
    [LEARNING_DROPOUT] = {"dropout", "RATE",
                          "what share of the numbers to leave out in training (default: 0)"},
    [LEARNING_MODEL] = {"model", "DIR", "the model: saved there and gone on with, or read"},
    [LEARNING_GRADIENTS] = {"gradients", "DIR",
                            "receives the loss and each gradient of --model on these sequences"},
    [LEARNING_SOURCE] = {"source", "FILE",
                         "your own sequences: numbers of words, ([batch,] S); -1 behind the end"},
    [LEARNING_TARGET] = {"target", "FILE",
                         "what is to be written, ([batch,] T): 0, the words, 0; without a decoder, "
                         "word for word"},
    [LEARNING_D_MODEL] = {"d-model", "N",
                          "numbers of a word, to learn your own sequences (default: 64)"},
    [LEARNING_HEADS] = {"heads", "N", HEADS_HELP},
    [LEARNING_NORM] = {"norm", "PLACE", NORM_HELP},
    [LEARNING_ACTIVATION] = {"activation", "NAME", ACTIVATION_HELP},
    [LEARNING_EPSILON] = {"epsilon", "NUMBER", EPSILON_HELP},
    [LEARNING_SLIPS] = {"slips", NULL, "train again and again, each time with one thing wrong"},
};
