// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "models/base/hart_access.h"

namespace tessera {

/// What a line of the commit log says, in few bytes.
struct CommitRecord {
  std::uint32_t pc = 0;
  std::uint32_t raw = 0;
  std::uint32_t value = 0;  ///< of rd
  std::uint32_t increment = 0;
  std::uint32_t address = 0;
  std::uint32_t data = 0;  ///< stored, AMO operand, or value of the CSR
  std::uint16_t csr = 0;   ///< written; 0: none
  std::uint8_t rd = 0;
  std::uint8_t incremented = 0;  ///< register of `increment`; 0: none
  std::uint8_t bytes = 0;        ///< of the access; 0: none
  AccessKind kind = AccessKind::kLoad;
  bool is_pending = false;  ///< `value` never came
};

/// Longest line, with room to spare.
constexpr std::size_t kMaxCommitLine = 192;
/// Writes the line of `record` at `place`, behind `prefix` ("core   0: 3 "); returns its end.
/// REQUIRES: room for kMaxCommitLine characters; a prefix of up to 32.
char* write_commit_line(char* place, std::string_view prefix, const CommitRecord& record);

class CommitFile;

/// Formats and compresses commit logs on a thread of its own.
class CommitLogWriter {
 public:
  /// All files together get no more than about `max_bytes`; what comes later is dropped.
  explicit CommitLogWriter(std::uint64_t max_bytes);
  ~CommitLogWriter();

  /// Throws ConfigError.
  CommitFile& open(const std::string& path, std::uint32_t hart);
  /// Takes `records`, and leaves an empty vector there, if possible one with memory of its own.
  /// Waits while too much is under way.
  void write(CommitFile& file, std::vector<CommitRecord>& records);
  /// Of all files, so far.
  std::uint64_t bytes_written() const { return bytes_written_; }
  /// Completes all files; throws ConfigError when one could not be written.
  void finish();

 private:
  struct Chunk {
    CommitFile* file = nullptr;  ///< null: the last one
    std::vector<CommitRecord> records;
  };
  void run();
  void stop();

  const std::uint64_t max_bytes_;
  std::atomic<std::uint64_t> bytes_written_{0};
  std::vector<std::unique_ptr<CommitFile>> files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> chunks_;
  std::vector<std::vector<CommitRecord>> spare_;  ///< empty, with memory: that is costly to get
  std::vector<char> text_;                        ///< of a chunk
  std::thread thread_;
};

}  // namespace tessera
