/**
 * @file level_avx2.h
 * @brief The numbers of tile.h for vectors of 8 floats: 12 of the 16 registers hold sums.
 */
#ifndef HEADWISE_LEVEL_H
#define HEADWISE_LEVEL_H

#include "kernels.h"

/** @cond lanes.h and tile.h say what they are */
#define LANES 8
#define VECTORS 3
#define TILE 4
#define KEY_PANELS 4
/** @endcond */

#endif
