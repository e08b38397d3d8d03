/* For cppcheck, which does not read Check's own headers: what its macros stand for. */
#define START_TEST(name)                                                                           \
    static void name(int _i)                                                                       \
    {
#define END_TEST }
/* From the makefile. */
#define PROGRAM_NAMES
