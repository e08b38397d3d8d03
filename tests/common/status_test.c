#include "assert.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

TEST(there_is_no_message_before_the_first_failure)
{
    ck_assert_str_eq(last_error(), "");
}

TEST(a_failure_gives_its_code_and_keeps_its_message)
{
    ck_assert_int_eq(fail(STATUS_SHAPE, "w_o is %dx%d, but 4 heads need %s", 6, 3, "8 rows"),
                     STATUS_SHAPE);
    ck_assert_str_eq(last_error(), "w_o is 6x3, but 4 heads need 8 rows");
    ck_assert_int_eq(fail(STATUS_VALUE, "another"), STATUS_VALUE);
    ck_assert_str_eq(last_error(), "another");
}

TEST(a_message_is_one_line_without_control_characters)
{
    fail(STATUS_FORMAT, "a\nb\rc\033[2Jd\te\177f");
    ck_assert_str_eq(last_error(), "a?b?c?[2Jd?e?f");
}

TEST(letters_beyond_ascii_stay)
{
    fail(STATUS_FORMAT, "%s: cannot open",
         "Gr\xc3\xbc\xc3\x9f"
         "e.npy");
    ck_assert_str_eq(last_error(), "Gr\xc3\xbc\xc3\x9f"
                                   "e.npy: cannot open");
}

TEST(what_is_no_printable_utf8_does_not_reach_the_terminal)
{
    /* A control character of the second set, a lone byte of one, and a letter that breaks off. */
    fail(STATUS_FORMAT, "a\xc2\x9b"
                        "2Jb\x9b"
                        "2Jc\xc3(\xe6\x97\xa5\xe6\x97");
    ck_assert_str_eq(last_error(), "a??2Jb?2Jc?(\xe6\x97\xa5??");
}

TEST(a_letter_that_is_cut_is_no_half_letter)
{
    char text[PATH_MAX] = "";
    for (size_t i = 0; i + 2 < sizeof text; i += 3)
        memcpy(text + i, "\xe6\x97\xa5", 3);
    for (int shift = 0; shift < 3; shift++) {
        fail(STATUS_FORMAT, "%.*s%s%s", shift, "ab", text, text);
        const char *at = last_error() + shift;
        while (strncmp(at, text, 3) == 0)
            at += 3;
        ck_assert_msg(strspn(at, "?") == strlen(at), "the end is \"%s\"", at);
    }
}

TEST(the_reason_stands_behind_the_longest_path)
{
    char path[PATH_MAX];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    fail(STATUS_FORMAT, "%s: cannot open: %s", path, "File name too long");
    ck_assert_ptr_nonnull(strstr(last_error(), ": cannot open: File name too long"));
}

TEST(a_message_too_long_is_cut)
{
    char text[2 * PATH_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fail(STATUS_FORMAT, "%s", text);
    ck_assert_uint_ge(strlen(last_error()), 1000);
    ck_assert_uint_lt(strlen(last_error()), sizeof text - 1);
    ck_assert_uint_eq(strspn(last_error(), "x"), strlen(last_error()));
}

static void *fail_elsewhere(void *message)
{
    bool was_empty = last_error()[0] == '\0';
    fail(STATUS_SYSTEM, "elsewhere");
    return was_empty ? message : NULL;
}

TEST(each_thread_has_a_message_of_its_own)
{
    char here[] = "here";
    void *result;
    pthread_t thread;
    fail(STATUS_SYSTEM, "%s", here);
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, here), 0);
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_ptr_eq(result, here);
    ck_assert_str_eq(last_error(), "here");
}

TEST(the_exit_status_tells_the_user_from_the_system)
{
    ck_assert_int_eq(exit_status(STATUS_OK), 0);
    ck_assert_int_eq(exit_status(STATUS_SHAPE), 2);
    ck_assert_int_eq(exit_status(STATUS_VALUE), 2);
    ck_assert_int_eq(exit_status(STATUS_FORMAT), 2);
    ck_assert_int_eq(exit_status(STATUS_USAGE), 2);
    ck_assert_int_eq(exit_status(STATUS_NO_MEMORY), 1);
    ck_assert_int_eq(exit_status(STATUS_SYSTEM), 1);
}
