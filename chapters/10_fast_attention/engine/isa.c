#include "isa.h"

#include "kernels.h"

#include <stdlib.h>
#include <string.h>

static const char *const NAMES[ISA_COUNT] = {
    [ISA_BASELINE] = "baseline", [ISA_AVX2] = "avx2", [ISA_AVX512] = "avx512"};

const char *isa_name(Isa isa)
{
    return NAMES[isa];
}

static bool processor_has(Isa isa)
{
#if defined(__x86_64__)
    if (isa == ISA_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == ISA_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
#endif
    return isa == ISA_BASELINE;
}

bool isa_is_there(Isa isa)
{
    return kernels_of(isa) != NULL && processor_has(isa);
}

static Isa highest(void)
{
    Isa isa = ISA_AVX512;
    while (!isa_is_there(isa))
        isa--; /* GCOVR_EXCL_LINE: only on a machine that lacks a level */
    return isa;
}

/* What the environment asks for, or NULL; an empty variable counts as unset. */
static const char *from_environment(void)
{
    const char *name = getenv("HEADWISE_ISA");
    return name != NULL && name[0] != '\0' ? name : NULL;
}

Status isa_choose(const char *name, Isa *isa)
{
    const char *who = name != NULL ? "--isa" : "HEADWISE_ISA";
    if (name == NULL)
        name = from_environment();
    *isa = highest();
    if (name == NULL)
        return STATUS_OK;
    for (*isa = ISA_BASELINE; *isa < ISA_COUNT; (*isa)++)
        if (strcmp(name, NAMES[*isa]) == 0)
            break;
    if (*isa == ISA_COUNT)
        return fail(STATUS_USAGE, "%s: unknown level %s; expected baseline, avx2 or avx512", who,
                    name);
    if (!isa_is_there(*isa))
        return fail(STATUS_USAGE, "%s: %s is not here", who, name); /* GCOVR_EXCL_LINE: see above */
    return STATUS_OK;
}
