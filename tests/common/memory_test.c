/* The test programs are linked with a memory that can run out. Here the real one is wanted too, so
 * it is compiled in once more, under other names. */
#define memory_allocate real_memory_allocate
#define memory_resize real_memory_resize
#include "memory.c"
#undef memory_allocate
#undef memory_resize

#include "assert.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

TEST(allocated_memory_is_zero)
{
    unsigned char *bytes = real_memory_allocate(1000, 3);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < 3000; i++)
        ck_assert_int_eq(bytes[i], 0);
    memset(bytes, 1, 3000);
    free(bytes);
}

TEST(no_elements_are_a_pointer_all_the_same)
{
    void *nothing = real_memory_allocate(0, 8);
    ck_assert_ptr_nonnull(nothing);
    nothing = real_memory_resize(nothing, 0, 8);
    ck_assert_ptr_nonnull(nothing);
    free(nothing);
}

TEST(resized_memory_keeps_its_elements)
{
    size_t *numbers = real_memory_resize(NULL, 3, sizeof *numbers);
    ck_assert_ptr_nonnull(numbers);
    for (size_t i = 0; i < 3; i++)
        numbers[i] = 7 * i;
    numbers = real_memory_resize(numbers, 5000, sizeof *numbers);
    ck_assert_ptr_nonnull(numbers);
    numbers[4999] = 1;
    numbers = real_memory_resize(numbers, 2, sizeof *numbers);
    ck_assert_uint_eq(numbers[0], 0);
    ck_assert_uint_eq(numbers[1], 7);
    free(numbers);
}

TEST(a_size_that_overflows_is_refused)
{
    fail(STATUS_USAGE, "an older message");
    ck_assert_ptr_null(real_memory_allocate(SIZE_MAX / 2, 4));
    ck_assert_str_eq(last_error(), "out of memory: 9223372036854775807 elements of 4 bytes");
    /* Wraps around to 8 bytes, which there would be. */
    ck_assert_ptr_null(real_memory_allocate(SIZE_MAX / 8 + 2, 8));
    ck_assert_ptr_null(real_memory_resize(NULL, SIZE_MAX / 8 + 2, 8));
}

TEST(what_cannot_be_had_leaves_the_old_memory_alone)
{
    char *text = real_memory_resize(NULL, 6, 1);
    ck_assert_ptr_nonnull(text);
    strcpy(text, "river");
    ck_assert_ptr_null(real_memory_resize(text, SIZE_MAX / 4, 8));
    /* As much as any size may be: no machine has it. */
    ck_assert_ptr_null(real_memory_resize(text, PTRDIFF_MAX, 1));
    ck_assert_str_eq(last_error(), "out of memory: 9223372036854775807 elements of 1 bytes");
    ck_assert_str_eq(text, "river");
    ck_assert_ptr_null(real_memory_allocate(PTRDIFF_MAX, 1));
    free(text);
}

/* Whether the system keeps this place, or would, in large pages: "hg" among the flags of its
 * mapping. */
static bool asks_for_large_pages(const void *place)
{
    char line[256];
    bool here = false, found = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *rest;
        uintptr_t first = strtoul(line, &rest, 16), end = 0;
        if (*rest == '-') {
            end = strtoul(rest + 1, NULL, 16);
            here = (uintptr_t)place >= first && (uintptr_t)place < end;
        }
        if (here && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, " hg") != NULL;
    }
    if (file != NULL)
        (void)fclose(file);
    return found;
}

/* Only Linux can be asked, and only where these two files exist does it tell. */
TEST(large_arrays_ask_for_large_pages)
{
    const size_t large = (size_t)8 << 20, small = (size_t)1 << 20;
    bool told = access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) == 0 &&
                access("/proc/self/smaps", R_OK) == 0;
    char *arrays[] = {real_memory_allocate(large, 1), real_memory_resize(NULL, large, 1),
                      real_memory_allocate(small, 1)};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(arrays[i]);
        if (told)
            ck_assert_int_eq(asks_for_large_pages(arrays[i] + small / 2), i < 2);
    }
    for (size_t i = 0; i < 3; i++)
        free(arrays[i]);
}
