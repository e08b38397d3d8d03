/**
 * @file level_avx512.h
 * @brief The numbers of tile.h for vectors of 16 floats: 16 of the 32 registers hold sums.
 */
#ifndef HEADWISE_LEVEL_H
#define HEADWISE_LEVEL_H

#include "kernels.h"

/** @cond lanes.h and tile.h say what they are */
#define LANES 16
#define VECTORS 2
#define TILE 8
#define KEY_PANELS 4
/** @endcond */

#endif
