#include "writing.h"

#include "copying_example.h"
#include "decoder_arrays.h"
#include "memory.h"
#include "reversing_example.h"
#include "writing_extra.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* --- How a word is chosen -------------------------------------------------------------------- */

/* What the options say. */
typedef struct Choice {
    Sampling sampling;
    float top_p;  /* 0: all words */
    size_t beams; /* 0: by chance */
    Random random;
} Choice;

bool writing_is_asked(void)
{
    bool asked = false;
    for (size_t option = DECODER_EMBEDDING; option < DECODER_MEASURE; option++)
        asked |= program_value(option) != NULL;
    return asked;
}

static Status expect_choice(const Choice *choice)
{
    if (choice->sampling.temperature < 0.0f)
        return fail(STATUS_USAGE, "--temperature %s: expected 0 or more",
                    program_value(DECODER_TEMPERATURE));
    if (program_value(DECODER_TOP_P) != NULL && !(choice->top_p > 0.0f && choice->top_p <= 1.0f))
        return fail(STATUS_USAGE, "--top-p %s: expected more than 0 and at most 1",
                    program_value(DECODER_TOP_P));
    for (size_t option = DECODER_TEMPERATURE; option < DECODER_BEAMS && choice->beams > 0; option++)
        if (program_value(option) != NULL)
            return fail(STATUS_USAGE, "--beams leaves nothing to chance: --%s does not go with it",
                        program_option_name(option));
    return STATUS_OK;
}

static Status choice_read(Choice *choice)
{
    size_t seed;
    Status status = STATUS_OK;
    *choice = (Choice){.beams = 0};
    TRY(program_number(DECODER_TEMPERATURE, 1.0f, &choice->sampling.temperature));
    TRY(program_size(DECODER_TOP_K, 0, 1, &choice->sampling.top_k));
    TRY(program_number(DECODER_TOP_P, 0.0f, &choice->top_p));
    TRY(program_size(DECODER_SEED, 1, 0, &seed));
    TRY(program_size(DECODER_BEAMS, 0, 1, &choice->beams));
    TRY(expect_choice(choice));
    choice->random.state = seed;
done:
    return status;
}

/* The word that follows these logits, which become probabilities. */
static Status next_word(Choice *choice, Matrix logits, size_t *word)
{
    Status status = STATUS_OK;
    *word = greedy_word(logits);
    if (choice->sampling.temperature == 0.0f)
        return STATUS_OK;
    TRY(word_probabilities(logits, &choice->sampling, logits));
    if (choice->top_p > 0.0f)
        TRY(keep_nucleus(logits, choice->top_p, logits));
    *word = draw_word(logits, random_uniform(&choice->random));
done:
    return status;
}

/* Chapter 9's generate(), with the nucleus. */
static Status write_by_chance(Choice *choice, const LanguageModel *model, Memory memory, Text *text)
{
    bool is_complete = false;
    Matrix logits = NO_MATRIX;
    DecoderCache cache = {0};
    Status status = STATUS_OK;
    TRY(matrix_create(1, model->embedding.words.rows, &logits));
    TRY(decoder_cache_create(&model->decoder, memory, text->limit, &cache));
    while (!is_complete && text->count < text->limit) {
        size_t *word = &text->words[text->count];
        TRY(next_word_logits(model, memory, text, &cache, logits));
        TRY(next_word(choice, logits, word));
        is_complete = *word == text->stop;
        text->count++;
    }
done:
    decoder_cache_free(&cache);
    matrix_free(&logits);
    return status;
}

static Status write_on(Choice *choice, const LanguageModel *model, Memory memory, Text *text)
{
    return choice->beams > 0 ? beam_search(model, memory, choice->beams, text)
                             : write_by_chance(choice, model, memory, text);
}

/* --- The models by hand ---------------------------------------------------------------------- */

static void print_text(const char *name, const NumberedText *source, const Text *text, size_t old)
{
    printf("%s ", name);
    print_words(source, source->text.words, source->text.count);
    printf(" -> ");
    print_words(source, text->words + old, text->count - old);
    putchar('\n');
}

static Status copy_by_hand(Choice *choice, Sentence sentence)
{
    NumberedText prompt = {0};
    HandModel hand = {.table_count = 0};
    Status status = STATUS_OK;
    TRY(numbered_text_create(sentence, true, COPIED_WORDS, &prompt));
    TRY(copying_model_create(prompt.vocabulary, prompt.text.limit, &hand));
    Text text = prompt.text; /* shares the words; the count is its own */
    TRY(write_on(choice, &hand.model, (Memory){0}, &text));
    print_text("copied:  ", &prompt, &text, prompt.text.count);
done:
    hand_model_free(&hand);
    numbered_text_free(&prompt);
    return status;
}

static Status reverse_by_hand(Choice *choice, Sentence sentence)
{
    Reversal reversal = {0};
    Status status = STATUS_OK;
    TRY(reversal_create(sentence, &reversal));
    reversal.target.count = 1;
    TRY(write_on(choice, &reversal.hand.model, reversal.memory, &reversal.target));
    print_text("reversed:", &reversal.source, &reversal.target, 1);
done:
    reversal_free(&reversal);
    return status;
}

static Status write_by_hand(Choice *choice)
{
    Sentence prompt = {0}, source = {0};
    Status status = STATUS_OK;
    for (size_t option = 0; option < DECODER_TEMPERATURE; option++)
        if (program_value(option) != NULL)
            return fail(STATUS_USAGE, "--%s goes with --model", program_option_name(option));
    TRY(sentence_create(CARRIED_PROMPT, &prompt));
    TRY(sentence_create(EXAMPLE_RIVER, &source));
    TRY(copy_by_hand(choice, prompt));
    TRY(reverse_by_hand(choice, source));
done:
    sentence_free(&prompt);
    sentence_free(&source);
    return status;
}

/* --- A model of the reader's ----------------------------------------------------------------- */

/* What the reader gave, and the text. */
typedef struct WritingInput {
    StateDict folder;
    DecoderModel model;
    Array words, source, target, out;
    size_t *read; /* the source as word numbers */
    Text text;
    Matrix x, memory;
} WritingInput;

static Status read_input(WritingInput *input)
{
    static const size_t REQUIRED[] = {DECODER_MODEL, DECODER_EMBEDDING, DECODER_SOURCE,
                                      DECODER_HEADS, DECODER_OUT};
    static const ArrayForm WORDS = {ARRAY_NUMBERS, 1, 2, "word numbers, (T,)"};
    static const ArrayForm TABLE = {ARRAY_NUMBERS, 2, 2, "(V, d_model)"};
    Status status = STATUS_OK;
    TRY(program_require(REQUIRED, sizeof REQUIRED / sizeof *REQUIRED));
    if (program_value(DECODER_KEY_LENGTHS) != NULL)
        return fail(STATUS_USAGE, "--key-lengths is for batches; word numbers are one sequence");
    TRY(program_size(DECODER_LIMIT, 32, 1, &input->text.limit));
    TRY(program_expect_array((const size_t[]){DECODER_LIMIT, DECODER_BEAMS}, 2, sizeof(Text)));
    TRY(decoder_read_model(&input->folder, &input->model));
    TRY(program_read(DECODER_EMBEDDING, &TABLE, &input->words));
    TRY(decoder_check_columns(DECODER_EMBEDDING, input->words, &input->model, &input->folder));
    TRY(program_read(DECODER_SOURCE, &WORDS, &input->source));
    TRY(program_read(DECODER_TARGET, &WORDS, &input->target));
done:
    return status;
}

static Status take_words(size_t option, Array array, size_t *words)
{
    if (array.dims == 2 && array.shape[0] != 1) /* a line of text is a matrix of one row */
        return fail(STATUS_SHAPE, "--%s has %zu sequences, expected one",
                    program_option_name(option), array.shape[0]);
    size_t count = array.data != NULL ? array_size(array) : 0;
    for (size_t t = 0; t < count; t++) {
        float number = array.data[t];
        if (!(number >= 0.0f && number < 0x1p24f && number == floorf(number)))
            return fail(STATUS_VALUE, "--%s: %g is not the number of a word",
                        program_option_name(option), (double)number);
        words[t] = (size_t)number;
    }
    return STATUS_OK;
}

/* Without a target the text begins with word 0, which also ends it. */
static Status begin_text(WritingInput *input)
{
    Text *text = &input->text;
    size_t given = array_size(input->target), count = given > 0 ? given : 1;
    Status status = STATUS_OK;
    text->count = count;
    text->limit = text->limit > count ? text->limit : count;
    text->words = memory_allocate(text->limit, sizeof *text->words);
    input->read = memory_allocate(array_size(input->source), sizeof *input->read);
    TRY(text->words != NULL && input->read != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    TRY(take_words(DECODER_TARGET, input->target, text->words));
    TRY(take_words(DECODER_SOURCE, input->source, input->read));
done:
    return status;
}

static Status read_source(WritingInput *input, const Embedding *embedding)
{
    size_t count = array_size(input->source), d_model = input->model.d_model;
    Status status = STATUS_OK;
    TRY(matrix_create(count, d_model, &input->x));
    TRY(matrix_create(count, d_model, &input->memory));
    TRY(embed(input->read, count, 0, embedding, input->x));
    if (input->model.has_encoder)
        TRY(encoder(input->x, &input->model.encoder.encoder, &NO_MASK, NO_MATRIX, input->memory));
    else
        TRY(matrix_copy(input->x, input->memory));
done:
    return status;
}

static Status put_text(WritingInput *input)
{
    Status status = STATUS_OK;
    TRY(array_create(1, &input->text.count, &input->out));
    for (size_t t = 0; t < input->text.count; t++)
        input->out.data[t] = (float)input->text.words[t];
    TRY(program_write(&(ProgramResult){DECODER_OUT, input->out}, 1));
done:
    return status;
}

static Status write_by_model(Choice *choice)
{
    WritingInput input = {
        .words = NO_ARRAY, .source = NO_ARRAY, .target = NO_ARRAY, .out = NO_ARRAY};
    Status status = STATUS_OK;
    TRY(read_input(&input));
    LanguageModel model = {{.words = array_matrix(input.words, 0)}, input.model.decoder};
    TRY(begin_text(&input));
    TRY(read_source(&input, &model.embedding));
    TRY(write_on(choice, &model, (Memory){.x = input.memory}, &input.text));
    TRY(put_text(&input));
done:
    decoder_model_free(&input.model);
    state_dict_free(&input.folder);
    array_free(&input.words);
    array_free(&input.source);
    array_free(&input.target);
    array_free(&input.out);
    matrix_free(&input.x);
    matrix_free(&input.memory);
    free(input.read);
    free(input.text.words);
    return status;
}

Status write_arrays(void)
{
    Choice choice;
    Status status = STATUS_OK;
    TRY(choice_read(&choice));
    TRY(program_value(DECODER_MODEL) != NULL ? write_by_model(&choice) : write_by_hand(&choice));
done:
    return status;
}
