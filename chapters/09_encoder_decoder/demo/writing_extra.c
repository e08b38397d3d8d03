#include "writing_extra.h"

#include "memory.h"
#include "softmax.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- The nucleus ----------------------------------------------------------------------------- */

Status keep_nucleus(Matrix probabilities, float p, Matrix kept)
{
    size_t words = probabilities.cols;
    Matrix left = NO_MATRIX;
    double sum = 0.0;
    Status status = STATUS_OK;
    if (!(p > 0.0f && p <= 1.0f))
        return fail(STATUS_VALUE, "keep_nucleus: p is %g, expected more than 0 and at most 1",
                    (double)p);
    TRY(matrix_expect("keep_nucleus", "probabilities", probabilities, 1, words, "1 x V"));
    TRY(matrix_expect("keep_nucleus", "kept", kept, 1, words, "1 x V"));
    TRY(matrix_create(1, words, &left));
    TRY(matrix_copy(probabilities, left));
    matrix_clear(kept);
    for (size_t n = 0; n < words && sum < p; n++) {
        size_t word = greedy_word(left);
        kept.data[word] = left.data[word];
        sum += kept.data[word];
        left.data[word] = -INFINITY; /* taken */
    }
    for (size_t word = 0; word < words; word++)
        kept.data[word] = (float)(kept.data[word] / sum);
done:
    matrix_free(&left);
    return status;
}

/* --- A beam ---------------------------------------------------------------------------------- */

/* A text of the beam. */
typedef struct Draft {
    size_t *words;
    size_t count;
    double likelihood; /* the sum of the logarithms of its words' probabilities */
} Draft;

/* A text that may come into the next beam: a draft as it is, or with one more word. */
typedef struct Offer {
    const Draft *draft;
    size_t word, count;
    double likelihood;
} Offer;

/* A beam, the next one, and what is to be in it. */
typedef struct Search {
    const Text *prompt;
    size_t beams, count, offered;
    Draft *drafts, *next;
    Offer *offers; /* the best first */
    Matrix logits;
} Search;

static bool is_open(const Search *search, const Draft *draft)
{
    const Text *prompt = search->prompt;
    bool ends = draft->count > prompt->count && draft->words[draft->count - 1] == prompt->stop;
    return !ends && draft->count < prompt->limit;
}

static double score(const Search *search, const Offer *offer)
{
    return offer->likelihood / (double)(offer->count - search->prompt->count);
}

/* Finds the offer its place among the best, after those that are as good. */
static void make_offer(Search *search, Offer offer)
{
    size_t place = search->offered;
    while (place > 0 && score(search, &offer) > score(search, &search->offers[place - 1]))
        place--;
    if (place == search->beams)
        return;
    search->offered += search->offered < search->beams;
    for (size_t i = search->offered - 1; i > place; i--)
        search->offers[i] = search->offers[i - 1];
    search->offers[place] = offer;
}

static Status offer_draft(const LanguageModel *model, Memory memory, Search *search,
                          const Draft *draft)
{
    const Text text = {draft->words, draft->count, search->prompt->limit, search->prompt->stop};
    Matrix logits = search->logits;
    Status status = STATUS_OK;
    if (!is_open(search, draft)) {
        make_offer(search, (Offer){draft, 0, draft->count, draft->likelihood});
        return STATUS_OK;
    }
    TRY(next_word_logits(model, memory, &text, NULL, logits));
    double all = log_sum_exp(logits.data, logits.cols);
    for (size_t word = 0; word < logits.cols; word++) {
        double likelihood = draft->likelihood + (logits.data[word] - all);
        make_offer(search, (Offer){draft, word, draft->count + 1, likelihood});
    }
done:
    return status;
}

/* The offers become the beam. */
static void take_offers(Search *search)
{
    Draft *before = search->drafts;
    for (size_t i = 0; i < search->offered; i++) {
        const Offer *offer = &search->offers[i];
        Draft *draft = &search->next[i];
        memcpy(draft->words, offer->draft->words, offer->draft->count * sizeof *draft->words);
        if (offer->count > offer->draft->count)
            draft->words[offer->count - 1] = offer->word;
        draft->count = offer->count;
        draft->likelihood = offer->likelihood;
    }
    search->count = search->offered;
    search->drafts = search->next;
    search->next = before;
}

static Status run_search(const LanguageModel *model, Memory memory, Search *search)
{
    bool goes_on = true;
    Status status = STATUS_OK;
    while (goes_on) {
        search->offered = 0;
        for (size_t i = 0; i < search->count; i++)
            TRY(offer_draft(model, memory, search, &search->drafts[i]));
        take_offers(search);
        goes_on = false;
        for (size_t i = 0; i < search->count; i++)
            goes_on |= is_open(search, &search->drafts[i]);
    }
done:
    return status;
}

Status beam_search(const LanguageModel *model, Memory memory, size_t beams, Text *text)
{
    Search search = {.prompt = text, .beams = beams, .count = 1};
    size_t *words = NULL;
    Draft *drafts = NULL;
    Status status = STATUS_OK;
    if (beams == 0)
        return fail(STATUS_VALUE, "beam_search: a beam of no texts");
    if (text->count >= text->limit)
        return STATUS_OK;
    TRY(matrix_create(1, model->embedding.words.rows, &search.logits));
    words = memory_allocate(beams, 2 * text->limit * sizeof *words);
    drafts = memory_allocate(beams, 2 * sizeof *drafts);
    search.offers = memory_allocate(beams, sizeof *search.offers);
    TRY(words && drafts && search.offers ? STATUS_OK : STATUS_NO_MEMORY);
    for (size_t i = 0; i < 2 * beams; i++)
        drafts[i].words = words + i * text->limit;
    search.drafts = drafts;
    search.next = drafts + beams;
    drafts[0].count = text->count;
    memcpy(drafts[0].words, text->words, text->count * sizeof *words);
    TRY(run_search(model, memory, &search));
    memcpy(text->words, search.drafts[0].words, search.drafts[0].count * sizeof *words);
    text->count = search.drafts[0].count;
done:
    matrix_free(&search.logits);
    free(words);
    free(drafts);
    free(search.offers);
    return status;
}
