// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/base/units.h"
#include "platform/observe/compressed_file.h"

namespace tessera {

/// Writes events in Chrome's trace format (JSON), as Perfetto and chrome://tracing read it.
/// Time: a cycle is shown as a nanosecond.
class TimelineFile {
 public:
  /// Where an event is drawn: a thread of a process, as the format calls it.
  struct Track {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
  };
  enum class FlowStep : std::uint8_t { kStart, kMiddle, kEnd };

  explicit TimelineFile(const std::string& path);

  void name_process(std::uint32_t process, const std::string& name);
  void name_track(Track track, const std::string& name);
  /// `details` may be empty.
  void slice(Track track, const std::string& name, Cycles begin, Cycles end,
             const std::string& details = "");
  /// Steps of one flow share `flow`; each is tied to the slice around `cycle`.
  void flow(Track track, std::uint64_t flow, FlowStep step, Cycles cycle);
  void counter(std::uint32_t process, const std::string& name, Cycles cycle, std::uint64_t value);
  /// So far, without what is still in memory.
  std::uint64_t bytes_written() const { return file_.bytes_written(); }
  /// Completes the file; throws ConfigError.
  void close();

 private:
  void write(const std::string& event);

  CompressedFile file_;
  std::string buffer_;
  bool is_first_ = true;
};

}  // namespace tessera
