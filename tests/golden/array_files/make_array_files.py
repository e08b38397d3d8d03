#!/usr/bin/env python3
"""Makes the files beside it: arrays as NumPy writes them, those that are read and those refused.

Every number is i / 8 - 1 for the i-th element in row-major order, so a reader of another order shows.
Run in this directory: python3 make_array_files.py
"""

import numpy


def numbers(*shape, dtype=numpy.float32):
    count = int(numpy.prod(shape))
    return (numpy.arange(count, dtype=numpy.float64) / 8 - 1).reshape(shape).astype(dtype)


def save(name, array, version=(1, 0)):
    with open(name + ".npy", "wb") as file:
        numpy.lib.format.write_array(file, array, version=version, allow_pickle=True)


# Read.
save("float32", numbers(2, 3))
save("float32_version_2", numbers(2, 3), version=(2, 0))
save("float32_version_3", numbers(2, 3), version=(3, 0))
save("float64", numbers(2, 3, dtype=numpy.float64))
save("float32_fortran", numpy.asfortranarray(numbers(2, 3, 4)))
save("float64_fortran", numpy.asfortranarray(numbers(2, 1, 3, 2, dtype=numpy.float64)))
save("vector", numbers(5))
save("no_rows", numbers(0, 4))
save("specials", numpy.array([numpy.nan, numpy.inf, -numpy.inf, 1e-310, -0.0, 3.4028235e38]))
blocked = numpy.array([[1, 0, 0], [1, 1, 0]])
save("mask_bool", blocked.astype(bool))
save("mask_uint8", numpy.asfortranarray(blocked.astype(numpy.uint8)))
save("mask_float64", blocked.astype(numpy.float64))
numpy.savetxt("matrix.txt", numbers(2, 3), header="two rows of three")
numpy.savetxt("matrix.csv", numbers(2, 3), delimiter=",", fmt="%g")
numpy.savetxt("vector.txt", numbers(5))

# Refused.
save("big_endian", numbers(2, 3).astype(">f4"))
save("float16", numbers(2, 3, dtype=numpy.float16))
save("int64", numpy.arange(6).reshape(2, 3))
save("complex64", numbers(2, 3).astype(numpy.complex64))
save("strings", numpy.array(["river", "bank"]))
save("structured", numpy.zeros(2, dtype=[("sense", "<f4"), ("who", "<i8")]))
save("pickled", numpy.array([{"river": 1.0}, None], dtype=object))
save("scalar", numbers())
save("five_dimensions", numbers(1, 2, 1, 2, 1))
save("too_great", numpy.array([[1.0, 2.0, 3.0], [4.0, 5.0, 1e300]]))
save("mask_of_threes", blocked * 3.0)
numpy.savez("archive.npz", x=numbers(2))
