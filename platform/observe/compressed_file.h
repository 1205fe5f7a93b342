// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tessera {

/// A text file, compressed with zstd where its name ends with ".zst". What cannot be written is
/// noted and told by close(), so that write() may be called anywhere.
class CompressedFile {
 public:
  /// Throws ConfigError when the file cannot be made.
  explicit CompressedFile(const std::string& path);
  ~CompressedFile();

  void write(std::string_view text);
  /// Size of the file so far; what waits to be compressed does not count.
  std::uint64_t bytes_written() const;
  /// Completes the file; throws ConfigError when it could not be written.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
