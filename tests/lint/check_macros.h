/* For cppcheck, which does not read Check's own headers: what its macros stand for. */
#define START_TEST(name)                                                                           \
    static void name(int _i)                                                                       \
    {
#define END_TEST }
#define TEST(name) static void name(int _i)
#define TEST_ROWS(name, table) static void name(int _i)
#define TEST_TIMES(name, times) static void name(int _i)
/* From the makefile. */
#define PROGRAM_NAMES "a program",
