// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "models/base/block_log.h"
#include "platform/observe/commit_frames.h"
#include "platform/observe/output_file.h"

namespace tessera {

/// The commit log of one hart.
struct CommitFile {
  OutputFile file;
  const std::string prefix;  ///< of each line
};

/// Compresses commit logs on a thread of its own, and on the caller's when that one falls behind.
class CommitLogWriter {
 public:
  /// All files together get no more than about `max_bytes`; what comes later is dropped.
  explicit CommitLogWriter(std::uint64_t max_bytes);
  ~CommitLogWriter();

  /// Throws ConfigError.
  CommitFile& open(const std::string& path, std::uint32_t hart);
  /// Takes what is in `log`, and leaves an empty one there. Lends a hand while too much is under
  /// way.
  void write(CommitFile& file, BlockLog& log);
  /// Of all files, so far.
  std::uint64_t bytes_written() const { return bytes_written_; }
  /// Completes all files; throws ConfigError when one could not be written.
  void finish();

 private:
  /// A log on its way into a file, as a frame.
  struct Chunk {
    enum class State : std::uint8_t { kWaits, kUnderWay, kDone };
    CommitFile* file = nullptr;
    BlockLog log;
    std::vector<char> frame;
    State state = State::kWaits;
  };

  void run();
  void stop();
  /// Compresses the oldest chunk that waits; false when there is none.
  bool compress_one(CommitFrames& frames, std::unique_lock<std::mutex>& lock);
  /// Writes what is complete, in the order of its coming. Others may go on meanwhile.
  void put_done(std::unique_lock<std::mutex>& lock);
  void put(const Chunk& chunk);

  const std::uint64_t max_bytes_;
  std::atomic<std::uint64_t> bytes_written_{0};
  std::vector<std::unique_ptr<CommitFile>> files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> chunks_;  ///< oldest first
  std::vector<Chunk> spare_;  ///< their memory is costly to get
  bool is_putting_ = false;   ///< in put_done()
  bool is_ending_ = false;
  CommitFrames callers_frames_;
  std::thread thread_;
};

}  // namespace tessera
