// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_log_writer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tessera {

namespace {
constexpr std::size_t kMaxChunks = 16;
}

CommitLogWriter::CommitLogWriter(std::uint64_t max_bytes)
    : max_bytes_(max_bytes), thread_([this] { run(); }) {}

CommitLogWriter::~CommitLogWriter() {
  stop();
}

CommitFile& CommitLogWriter::open(const std::string& path, std::uint32_t hart) {
  files_.push_back(
      std::unique_ptr<CommitFile>(new CommitFile{OutputFile(path), CommitLine::prefix(hart)}));
  return *files_.back();
}

void CommitLogWriter::write(CommitFile& file, BlockLog& log) {
  std::unique_lock lock(mutex_);
  while (chunks_.size() >= kMaxChunks) {
    if (!compress_one(callers_frames_, lock)) {
      changed_.wait(lock);
    }
  }
  Chunk chunk;
  if (!spare_.empty()) {
    chunk = std::move(spare_.back());
    spare_.pop_back();
  }
  chunk.file = &file;
  std::swap(chunk.log, log);
  log.clear();
  chunks_.push_back(std::move(chunk));
  changed_.notify_all();
}

bool CommitLogWriter::compress_one(CommitFrames& frames, std::unique_lock<std::mutex>& lock) {
  const auto waiting = std::find_if(chunks_.begin(), chunks_.end(), [](const Chunk& chunk) {
    return chunk.state == Chunk::State::kWaits;
  });
  if (waiting == chunks_.end()) {
    return false;
  }
  Chunk& chunk = *waiting;  // stays where it is while others come and go
  chunk.state = Chunk::State::kUnderWay;
  lock.unlock();
  chunk.frame.clear();
  frames.compress(chunk.file->prefix, chunk.log, chunk.frame);
  lock.lock();
  chunk.state = Chunk::State::kDone;
  put_done(lock);
  changed_.notify_all();
  return true;
}

void CommitLogWriter::put_done(std::unique_lock<std::mutex>& lock) {
  if (is_putting_) {  // whoever does it will see what has been done by now
    return;
  }
  is_putting_ = true;
  while (!chunks_.empty() && chunks_.front().state == Chunk::State::kDone) {
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    lock.unlock();
    put(chunk);
    lock.lock();
    chunk.state = Chunk::State::kWaits;
    spare_.push_back(std::move(chunk));
    changed_.notify_all();
  }
  is_putting_ = false;
}

void CommitLogWriter::put(const Chunk& chunk) {
  // Decided here, in the order of the chunks: what a full log holds repeats.
  if (bytes_written_ < max_bytes_) {
    chunk.file->file.write(chunk.frame.data(), chunk.frame.size());
    chunk.file->file.flush();
    bytes_written_ += chunk.frame.size();
  }
}

void CommitLogWriter::run() {
  CommitFrames frames;
  std::unique_lock lock(mutex_);
  while (compress_one(frames, lock) || !is_ending_) {
    changed_.wait(lock, [this] {
      return is_ending_ || std::any_of(chunks_.begin(), chunks_.end(), [](const Chunk& chunk) {
               return chunk.state == Chunk::State::kWaits;
             });
    });
  }
}

void CommitLogWriter::stop() {
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    is_ending_ = true;
    changed_.notify_all();
    while (compress_one(callers_frames_, lock)) {
    }
    lock.unlock();
    thread_.join();
  }
}

void CommitLogWriter::finish() {
  stop();
  std::vector<char> empty_frame;
  BlockLog empty_log;
  empty_log.clear();
  callers_frames_.compress("", empty_log, empty_frame);
  for (const auto& file : files_) {
    if (file->file.bytes_written() == 0) {  // zstd takes no file without a frame
      file->file.write(empty_frame.data(), empty_frame.size());
    }
    file->file.close();
  }
}

}  // namespace tessera
