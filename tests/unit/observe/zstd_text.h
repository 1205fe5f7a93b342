// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <zstd.h>

#include <gtest/gtest.h>

namespace tessera::test {

/// The text of all frames in `bytes`, as libzstd has it.
template <typename Bytes>
std::string decompressed(const Bytes& bytes) {
  std::string text;
  std::vector<char> piece(1u << 16);
  ZSTD_DStream* const stream = ZSTD_createDStream();
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::size_t left = 0;
  bool has_more = true;
  while (has_more && ZSTD_isError(left) == 0) {
    ZSTD_outBuffer output{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(stream, &output, &input);
    text.append(piece.data(), output.pos);
    has_more = input.pos < input.size || output.pos == output.size;
  }
  EXPECT_EQ(left, 0u) << (ZSTD_isError(left) != 0 ? ZSTD_getErrorName(left)
                                                  : "not a whole number of frames");
  ZSTD_freeDStream(stream);
  return text;
}

}  // namespace tessera::test
