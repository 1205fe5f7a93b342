// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace tessera {

/// A file that grows. What cannot be written is noted and told by close(), so that write() may be
/// called anywhere.
class OutputFile {
 public:
  /// Throws ConfigError when the file cannot be made.
  explicit OutputFile(const std::string& path);

  void write(const char* bytes, std::size_t count);
  /// What was written so far survives when the process is killed.
  void flush();
  /// Something that belongs into it could not be made.
  void note_failure() { is_bad_ = true; }
  bool is_bad() const { return is_bad_; }
  bool is_open() const { return file_ != nullptr; }
  /// Size of the file so far.
  std::uint64_t bytes_written() const { return bytes_written_; }
  /// Completes the file; throws ConfigError when it could not be written.
  void close();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  const std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t bytes_written_ = 0;
  bool is_bad_ = false;
};

}  // namespace tessera
