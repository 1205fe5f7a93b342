// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "platform/observe/commit_line.h"

namespace tessera {

/// Makes zstd frames of lines of the commit log. A line is the last one of the same instruction
/// with other digits, so where zstd would search for matches, they are known.
class CommitFrames {
 public:
  CommitFrames();
  ~CommitFrames();

  /// Puts the lines of `records`, behind `prefix`, into `frame`. The same records give the same
  /// bytes, whatever came before. False when zstd fails.
  bool compress(std::string_view prefix, const std::vector<CommitRecord>& records,
                std::vector<char>& frame);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
