#include "isa.h"

#include <stdlib.h>
#include <string.h>

static const char *const NAMES[ISA_COUNT] = {
    [ISA_BASELINE] = "baseline", [ISA_AVX2] = "avx2", [ISA_AVX512] = "avx512"};

const char *isa_name(Isa isa)
{
    return NAMES[isa];
}

bool isa_is_there(Isa isa)
{
#if defined(__x86_64__)
    if (isa == ISA_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == ISA_AVX512)
        return __builtin_cpu_supports("avx512f");
#endif
    return isa == ISA_BASELINE;
}

static Isa highest(void)
{
    Isa isa = ISA_AVX512;
    while (!isa_is_there(isa))
        isa--; /* GCOVR_EXCL_LINE: only on a machine that lacks a level */
    return isa;
}

Status isa_choose(const char *name, Isa *isa)
{
    const char *who = name != NULL ? "isa" : "HEADWISE_ISA";
    if (name == NULL)
        name = getenv("HEADWISE_ISA");
    *isa = highest();
    if (name == NULL)
        return STATUS_OK;
    for (*isa = ISA_BASELINE; *isa < ISA_COUNT; (*isa)++)
        if (strcmp(name, NAMES[*isa]) == 0)
            break;
    if (*isa == ISA_COUNT)
        return fail(STATUS_USAGE, "%s: %s is no level; there are baseline, avx2 and avx512", who,
                    name);
    if (!isa_is_there(*isa))
        return fail(STATUS_USAGE, "%s: no %s is here", who, name); /* GCOVR_EXCL_LINE: see above */
    return STATUS_OK;
}
