#include "state_dict.h"

#include "array_file.h"
#include "assert.h"
#include "edit_distance.h"
#include "frail_memory.h"
#include "model_files.h"

#include <stdio.h>
#include <string.h>

/* A folder of three arrays and of files that are none. */
static const char *small_folder(void)
{
    Random random = {1};
    const char *path = model_files_begin("folder");
    model_files_write(&random, "a.", "weight", 2, 3);
    model_files_write(&random, "a.", "bias", 0, 2);
    model_files_write(&random, "", "gain", 0, 1);
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(model_files_path(i == 0 ? "readme.txt" : ".npy"), "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_eq(fclose(file), 0);
    }
    return path;
}

/* Asks for the arrays of the folder. */
static Status load(StateDict *folder, Matrix matrices[3])
{
    Status status = state_dict_linear(folder, "a.", "weight", 3, 2, "(out, in)", &matrices[0]);
    if (status == STATUS_OK)
        status = state_dict_row(folder, "a.", "bias", matrices[0].cols, "(out,)", &matrices[1]);
    if (status == STATUS_OK)
        status = state_dict_row(folder, "", "gain", MODEL_ANY, "(n,)", &matrices[2]);
    return status;
}

TEST(a_folder_is_listed_in_order_and_other_files_are_passed_over)
{
    StateDict folder;
    assert_ok(state_dict_open(small_folder(), &folder));
    ck_assert_uint_eq(folder.count, 3);
    ck_assert_str_eq(folder.arrays[0].name, "a.bias");
    ck_assert_str_eq(folder.arrays[1].name, "a.weight");
    ck_assert_str_eq(folder.arrays[2].name, "gain");
    state_dict_free(&folder);
    ck_assert_uint_eq(folder.count, 0);
}

TEST(names_are_found_by_their_ends)
{
    StateDict folder;
    assert_ok(state_dict_open(small_folder(), &folder));
    ck_assert(state_dict_has(&folder, "a.", ""));
    ck_assert(state_dict_has(&folder, "", "bias"));
    ck_assert(state_dict_has(&folder, "a.", "bias"));
    ck_assert(!state_dict_has(&folder, "b.", ""));
    ck_assert(!state_dict_has(&folder, "", "shift"));
    ck_assert(!state_dict_has(&folder, "gai", "gain")); /* the ends must not overlap */
    state_dict_free(&folder);
}

TEST(layers_are_counted_up_to_the_first_gap)
{
    Random random = {2};
    StateDict folder;
    const char *path = model_files_begin("layers");
    model_files_write(&random, "layers.0.", "w", 0, 1);
    model_files_write(&random, "layers.1.", "w", 0, 1);
    model_files_write(&random, "layers.10.", "w", 0, 1);
    assert_ok(state_dict_open(path, &folder));
    ck_assert_uint_eq(state_dict_layers(&folder, "layers."), 2);
    ck_assert_uint_eq(state_dict_layers(&folder, "blocks."), 0);
    state_dict_free(&folder);
}

TEST(a_loader_notes_names_then_reads_arrays)
{
    StateDict folder;
    Matrix m[3];
    Array file;
    assert_ok(state_dict_open(small_folder(), &folder));
    assert_ok(load(&folder, m));
    ck_assert(m[0].data == NULL && m[1].data == NULL && m[2].data == NULL);
    assert_ok(state_dict_check(&folder));
    assert_ok(load(&folder, m));
    assert_ok(array_read(model_files_path("a.weight.npy"), ARRAY_NUMBERS, &file));
    ck_assert(m[0].rows == 3 && m[0].cols == 2);
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 2; c++)
            ck_assert(matrix_row(m[0], r)[c] == file.data[c * 3 + r]);
    ck_assert(m[1].rows == 1 && m[1].cols == 2 && m[2].rows == 1 && m[2].cols == 1);
    array_free(&file);
    state_dict_free(&folder);
}

TEST(what_is_missing_or_too_much_is_named)
{
    StateDict folder;
    Matrix m[3];
    const char *path = small_folder();
    assert_ok(state_dict_open(path, &folder));
    assert_fails(state_dict_check(&folder), STATUS_FORMAT,
                 "unexpected a.bias.npy: this model has no such array");
    assert_ok(load(&folder, m));
    assert_ok(state_dict_row(&folder, "b.", "nothing.like.it", 1, "(1,)", &m[0]));
    assert_ok(state_dict_row(&folder, "b.", "the.first.is.told", 1, "(1,)", &m[0]));
    assert_fails(state_dict_check(&folder), STATUS_FORMAT,
                 "expected b.nothing.like.it.npy, but it is missing");
    state_dict_free(&folder);
    assert_ok(state_dict_open(path, &folder));
    assert_ok(state_dict_row(&folder, "a.", "bais", 1, "(1,)", &m[0]));
    assert_fails(state_dict_check(&folder), STATUS_FORMAT,
                 "expected a.bais.npy, but found only a.bias.npy: is it misnamed?");
    state_dict_free(&folder);
}

TEST(other_shapes_are_refused)
{
    StateDict folder;
    Matrix m[3];
    assert_ok(state_dict_open(small_folder(), &folder));
    assert_ok(load(&folder, m));
    assert_ok(state_dict_check(&folder));
    assert_fails(state_dict_linear(&folder, "a.", "weight", 2, 3, "(out, in)", m), STATUS_SHAPE,
                 "a.weight.npy is (2, 3), expected (3, 2), which is (out, in)");
    assert_fails(state_dict_linear(&folder, "a.", "weight", MODEL_ANY, 3, "(out, in)", m),
                 STATUS_SHAPE, "expected (3, any)");
    assert_fails(state_dict_row(&folder, "a.", "weight", MODEL_ANY, "(n,)", m), STATUS_SHAPE,
                 "a.weight.npy is (2, 3), expected (any,), which is (n,)");
    assert_fails(state_dict_linear(&folder, "", "gain", 1, 1, "(1, 1)", m), STATUS_SHAPE,
                 "gain.npy is (1,), expected (1, 1)");
    assert_fails(state_dict_row(&folder, "", "shift", 1, "(1,)", m), STATUS_FORMAT,
                 "shift.npy is missing");
    ck_assert_ptr_null(m[0].data);
    state_dict_free(&folder);
}

TEST(what_is_no_folder_of_arrays_is_refused)
{
    StateDict folder;
    char path[1024];
    assert_fails(state_dict_open("/nonexistent/model", &folder), STATUS_FORMAT,
                 "/nonexistent/model: cannot open the folder: No such file");
    state_dict_free(&folder);
    snprintf(path, sizeof path, "%s", model_files_begin("nothing"));
    assert_fails(state_dict_open(path, &folder), STATUS_FORMAT, "there is no .npy file");
    state_dict_free(&folder);
}

TEST(a_file_that_is_no_array_is_refused)
{
    StateDict folder;
    Matrix m[3];
    const char *path = small_folder();
    FILE *file = fopen(model_files_path("gain.npy"), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    assert_ok(state_dict_open(path, &folder));
    assert_ok(load(&folder, m));
    assert_ok(state_dict_check(&folder));
    assert_fails(load(&folder, m), STATUS_FORMAT, "gain.npy: the file is empty");
    state_dict_free(&folder);
}

TEST(a_path_may_be_too_long_to_read_from)
{
    StateDict folder;
    Matrix m[3];
    static char path[8192];
    const char *place = small_folder();
    size_t length = strlen(place);
    /* "." names the folder again, as often as one likes; a system gives up at some length. */
    assert_ok(state_dict_open(place, &folder));
    memcpy(path, place, length);
    while (length < sizeof path - 3) {
        memcpy(path + length, "/.", 3);
        length += 2;
    }
    folder.path = path;
    assert_ok(load(&folder, m));
    assert_ok(state_dict_check(&folder));
    assert_fails(load(&folder, m), STATUS_FORMAT, "the path of a.weight.npy in ");
    state_dict_free(&folder);
}

TEST(without_memory_nothing_leaks)
{
    const char *path = small_folder();
    for (size_t n = 1;; n++) {
        StateDict folder;
        Matrix m[3];
        memory_fail_at(n);
        Status status = state_dict_open(path, &folder);
        if (status == STATUS_OK)
            status = load(&folder, m);
        if (status == STATUS_OK)
            status = state_dict_check(&folder);
        if (status == STATUS_OK)
            status = load(&folder, m);
        bool failed = memory_has_failed() != 0;
        memory_fail_at(0);
        state_dict_free(&folder);
        ck_assert_int_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        if (!failed)
            return;
    }
}

TEST(words_are_as_far_apart_as_their_letters)
{
    char longer[400], longest[500];
    ck_assert_uint_eq(edit_distance("norm", "norm"), 0);
    ck_assert_uint_eq(edit_distance("norm", "nrom"), 2);
    ck_assert_uint_eq(edit_distance("norm", "norms"), 1);
    ck_assert_uint_eq(edit_distance("", "norm"), 4);
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_uint_eq(edit_distance(longer, longest), 0); /* later letters do not count */
}
