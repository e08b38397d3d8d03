#include "training_files.h"

#include "array_file.h"
#include "decoder_model.h"
#include "memory.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Names ----------------------------------------------------------------------------------- */

static Status put_path(char path[PATH_MAX], const char *folder, const char *part, const char *name)
{
    int length = snprintf(path, PATH_MAX, "%s/%s%s.npy", folder, part, name);
    if (length < 0 || length >= PATH_MAX)
        return fail(STATUS_SYSTEM, "%s: the name is too long", folder);
    return STATUS_OK;
}

/* The blocks stand in a folder of their own, where nothing is that their loaders do not know. */
static const char *part_of(const char *name)
{
    bool is_ours = strncmp(name, "embedding.", 10) == 0 || strncmp(name, "classifier.", 11) == 0;
    return is_ours ? "" : "transformer/";
}

/* The folder of a model and the one in it: those that were made go again if nothing comes into
 * them. */
typedef struct Folders {
    char paths[2][PATH_MAX];
    bool made[2];
} Folders;

static Status make_folder(const char *path, bool *made)
{
    struct stat found;
    *made = mkdir(path, 0777) == 0;
    if (*made || (stat(path, &found) == 0 && S_ISDIR(found.st_mode)))
        return STATUS_OK;
    return fail(STATUS_SYSTEM, "%s: cannot be made: %s", path, strerror(errno));
}

static Status make_folders(const char *path, Folders *folders)
{
    Status status = STATUS_OK;
    TRY(put_path(folders->paths[1], path, "transformer", ""));
    folders->paths[1][strlen(folders->paths[1]) - strlen(".npy")] = '\0';
    snprintf(folders->paths[0], PATH_MAX, "%s", path);
    for (size_t i = 0; i < 2; i++)
        TRY(make_folder(folders->paths[i], &folders->made[i]));
done:
    return status;
}

static void remove_folders(const Folders *folders)
{
    for (size_t i = 2; i-- > 0;)
        if (folders->made[i])
            (void)rmdir(folders->paths[i]);
}

/* --- One parameter --------------------------------------------------------------------------- */

/* As PyTorch keeps it. */
static Status parameter_array(const Parameter *parameter, float *numbers, Array *array)
{
    Status status = STATUS_OK;
    Matrix own = parameter_matrix(parameter, numbers);
    size_t turned[] = {own.cols, own.rows}, straight[] = {own.rows, own.cols};
    const size_t *shape = parameter->is_turned ? turned : straight;
    TRY(array_create(parameter->dims, shape + 2 - parameter->dims, array));
    TRY(parameter->is_turned ? matrix_transpose(own, array_matrix(*array, 0))
                             : matrix_copy(own, array_matrix(*array, 0)));
done:
    return status;
}

static Status read_parameter(const char *path, const Parameter *parameter, float *numbers)
{
    Status status = STATUS_OK;
    Array array = NO_ARRAY;
    char file[PATH_MAX];
    Matrix own = parameter_matrix(parameter, numbers), read = NO_MATRIX;
    size_t rows = parameter->is_turned ? own.cols : own.rows;
    size_t cols = parameter->is_turned ? own.rows : own.cols;
    TRY(put_path(file, path, part_of(parameter->name), parameter->name));
    TRY(array_read(file, ARRAY_NUMBERS, &array));
    read = array_matrix(array, 0);
    if (array.dims != parameter->dims || read.rows != rows || read.cols != cols)
        TRY(fail(STATUS_SHAPE, "%s: %zux%zu in %zu dimensions, expected %zux%zu in %zu", file,
                 read.rows, read.cols, array.dims, rows, cols, parameter->dims));
    TRY(parameter->is_turned ? matrix_transpose(read, own) : matrix_copy(read, own));
done:
    array_free(&array);
    return status;
}

Status parameters_read(const char *path, const ParameterList *list, float *numbers)
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < list->count; i++)
        TRY(read_parameter(path, &list->items[i], numbers));
done:
    return status;
}

/* --- All of them ----------------------------------------------------------------------------- */

/* Files that are to be written together. */
typedef struct Files {
    size_t count;
    ArrayOutput *outputs;
    char (*paths)[PATH_MAX];
} Files;

static void files_free(Files *files)
{
    for (size_t i = 0; i < files->count; i++)
        array_free(&files->outputs[i].array);
    free(files->outputs);
    free(files->paths);
}

static Status files_create(size_t most, Files *files)
{
    files->outputs = memory_allocate(most, sizeof *files->outputs);
    files->paths = memory_allocate(most, sizeof *files->paths);
    return files->outputs != NULL && files->paths != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static Status add_parameter(const char *path, const Parameter *parameter, float *numbers,
                            Files *files)
{
    Status status = STATUS_OK;
    size_t index = files->count;
    TRY(put_path(files->paths[index], path, part_of(parameter->name), parameter->name));
    files->outputs[index].path = files->paths[index];
    TRY(parameter_array(parameter, numbers, &files->outputs[index].array));
    files->count++;
done:
    return status;
}

Status parameters_write(const char *path, const ParameterList *list, float *numbers, Array extra,
                        const char *name)
{
    Status status = STATUS_OK;
    Files files = {0};
    Folders folders = {.made = {false}};
    size_t count = 0;
    TRY(make_folders(path, &folders));
    TRY(files_create(list->count + 1, &files));
    for (size_t i = 0; i < list->count; i++)
        TRY(add_parameter(path, &list->items[i], numbers, &files));
    count = files.count;
    TRY(put_path(files.paths[count], path, "", name));
    files.outputs[count] = (ArrayOutput){files.paths[count], extra}; /* stays the caller's */
    TRY(array_write(files.outputs, count + 1));
done:
    if (status != STATUS_OK)
        remove_folders(&folders);
    files_free(&files);
    return status;
}

/* --- What a folder's model is like ----------------------------------------------------------- */

static Status expect_network(const char *path, const FeedForward *network, ModelPlan *plan)
{
    if (plan->d_ff == 0)
        plan->d_ff = network->w_1.cols;
    if (network->w_1.cols == plan->d_ff && network->b_1.data != NULL)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "%s: expected biases, and the same d_ff in all blocks", path);
}

static Status expect_encoder(const char *path, const Encoder *stack, ModelPlan *plan)
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < stack->count; i++)
        TRY(expect_network(path, &stack->blocks[i].feed_forward, plan));
    plan->encoder_blocks = stack->count;
    if (!stack->has_norm)
        status = fail(STATUS_FORMAT, "%s: expected a stack with a last norm", path);
done:
    return status;
}

static Status expect_decoder(const char *path, const DecoderModel *model, ModelPlan *plan)
{
    Status status = STATUS_OK;
    if (!model->has_encoder || !model->decoder.has_norm)
        return fail(STATUS_FORMAT, "%s: expected an encoder and a decoder with last norms", path);
    for (size_t i = 0; i < model->decoder.count; i++)
        TRY(expect_network(path, &model->decoder.blocks[i].feed_forward, plan));
    plan->decoder_blocks = model->decoder.count;
    TRY(expect_encoder(path, &model->encoder.encoder, plan));
done:
    return status;
}

static Status plan_blocks(const char *path, const ModelChoices *choices, ModelPlan *plan)
{
    Status status = STATUS_OK;
    StateDict folder = {0};
    DecoderModel writes = {0};
    EncoderModel reads = {0};
    TRY(state_dict_open(path, &folder));
    bool has_decoder = state_dict_has(&folder, "decoder.", "");
    state_dict_free(&folder);
    folder = (StateDict){0};
    if (has_decoder) {
        TRY(decoder_model_open(path, choices, &folder, &writes));
        TRY(expect_decoder(path, &writes, plan));
    } else {
        TRY(encoder_model_open(path, choices, &folder, &reads));
        TRY(expect_encoder(path, &reads.encoder, plan));
    }
done:
    decoder_model_free(&writes);
    encoder_model_free(&reads);
    state_dict_free(&folder);
    return status;
}

Status parameters_plan(const char *path, const ModelChoices *choices, ModelPlan *plan)
{
    Status status = STATUS_OK;
    char inner[PATH_MAX];
    Array words = NO_ARRAY;
    *plan = (ModelPlan){.heads = choices->heads,
                        .norm_place = choices->norm_place,
                        .activation = choices->activation,
                        .epsilon = choices->epsilon};
    TRY(put_path(inner, path, "", "embedding.weight"));
    TRY(array_read(inner, ARRAY_NUMBERS, &words));
    plan->words = array_rows(words);
    plan->d_model = array_cols(words);
    TRY(put_path(inner, path, "transformer", ""));
    inner[strlen(inner) - strlen(".npy")] = '\0';
    TRY(plan_blocks(inner, choices, plan));
done:
    array_free(&words);
    return status;
}

/* --- The state ------------------------------------------------------------------------------- */

/* A float holds whole numbers up to 2^24, so the others are kept in four pieces. */
enum { PIECES = 4, STATE_FORMAT = 11, STATE_SAVED = 3 };
typedef enum StatePlace {
    STATE_STEP = 1,
    STATE_RANDOM = STATE_STEP + PIECES,
    STATE_SEED = STATE_RANDOM + PIECES,
    STATE_PLAN = STATE_SEED + PIECES,
    STATE_HEADER = STATE_PLAN + PIECES
} StatePlace;

static void put_pieces(uint64_t number, float *pieces)
{
    for (size_t i = 0; i < PIECES; i++)
        pieces[i] = (float)(number >> (16 * i) & 0xffff);
}

static bool take_pieces(const float *pieces, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < PIECES; i++) {
        if (!(pieces[i] >= 0.0f && pieces[i] <= 65535.0f))
            return false;
        *number |= (uint64_t)pieces[i] << (16 * i);
    }
    return true;
}

static uint64_t mix(uint64_t sum, uint64_t number)
{
    return (sum ^ number) * 1099511628211u; /* FNV-1a, a word at a time */
}

static uint64_t mix_example(uint64_t sum, const TaskExample *example)
{
    for (size_t i = 0; i < example->source_count; i++)
        sum = mix(sum, example->source[i]);
    for (size_t i = 0; i < example->target_count; i++)
        sum = mix(sum, example->right[i]);
    return sum;
}

/* Another number for another task, model or way to learn. */
static uint64_t fingerprint(const LearningTask *task)
{
    const ModelPlan *plan = &task->plan;
    uint64_t sum = 14695981039346656037u;
    for (const char *at = task->name; *at != '\0'; at++)
        sum = mix(sum, (unsigned char)*at);
    const size_t sizes[] = {plan->words,
                            plan->d_model,
                            plan->d_ff,
                            plan->heads,
                            plan->encoder_blocks,
                            plan->decoder_blocks,
                            plan->classes,
                            plan->causal,
                            plan->no_positions,
                            (size_t)plan->norm_place,
                            (size_t)plan->activation,
                            task->batch,
                            task->warm_up,
                            (size_t)llround(task->rate * 1e9),
                            (size_t)llround(task->dropout * 1e9)};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        sum = mix(sum, sizes[i]);
    if (task->smoothing > 0.0) /* what was saved before there was any goes on */
        sum = mix(sum, (size_t)llround(task->smoothing * 1e9));
    for (size_t i = 0; i < task->pool.count; i++)
        sum = mix_example(sum, &task->pool.examples[i]);
    return sum;
}

Status training_save(const char *path, Trainer *trainer)
{
    Status status = STATUS_OK;
    Array state = NO_ARRAY;
    size_t size = STATE_SAVED * trainer->list.size;
    float *values = trainer_vector(trainer, TRAINER_VALUES).data; /* the moments follow */
    TRY(array_create(1, (size_t[]){STATE_HEADER + size}, &state));
    state.data[0] = STATE_FORMAT;
    put_pieces(trainer->step, state.data + STATE_STEP);
    put_pieces(trainer->random.state, state.data + STATE_RANDOM);
    put_pieces(trainer->seed, state.data + STATE_SEED);
    put_pieces(fingerprint(&trainer->task), state.data + STATE_PLAN);
    memcpy(state.data + STATE_HEADER, values, size * sizeof *values);
    TRY(parameters_write(path, &trainer->list, values, state, "state"));
done:
    array_free(&state);
    return status;
}

static Status read_state(const char *file, Array state, Trainer *trainer)
{
    uint64_t step, random, seed, plan;
    size_t size = STATE_SAVED * trainer->list.size;
    if (state.dims != 1 || array_size(state) < STATE_HEADER ||
        state.data[0] != (float)STATE_FORMAT || !take_pieces(state.data + STATE_STEP, &step) ||
        !take_pieces(state.data + STATE_RANDOM, &random) ||
        !take_pieces(state.data + STATE_SEED, &seed) ||
        !take_pieces(state.data + STATE_PLAN, &plan))
        return fail(STATUS_FORMAT, "%s: is not a saved training", file);
    if (plan != fingerprint(&trainer->task) || array_size(state) != STATE_HEADER + size)
        return fail(STATUS_FORMAT, "%s: was saved by a training of another task, model or data",
                    file);
    if (seed != trainer->seed)
        return fail(STATUS_FORMAT, "%s: was saved by a training with --seed %llu", file,
                    (unsigned long long)seed);
    for (size_t i = 0; i < size; i++)
        if (!isfinite(state.data[STATE_HEADER + i]))
            return fail(STATUS_FORMAT, "%s: holds what is no number", file);
    trainer->step = (size_t)step;
    trainer->random.state = random;
    memcpy(trainer_vector(trainer, TRAINER_VALUES).data, state.data + STATE_HEADER,
           size * sizeof *state.data);
    return STATUS_OK;
}

Status training_load(const char *path, Trainer *trainer, bool *found)
{
    Status status = STATUS_OK;
    char file[PATH_MAX];
    Array state = NO_ARRAY;
    *found = false;
    TRY(put_path(file, path, "", "state"));
    if (access(file, F_OK) != 0)
        return STATUS_OK;
    TRY(array_read(file, ARRAY_NUMBERS, &state));
    TRY(read_state(file, state, trainer));
    *found = true;
done:
    array_free(&state);
    return status;
}
