// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/timeline_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tessera {

namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

/// The format counts in microseconds: a thousand cycles are one.
std::string time_of(Cycles cycle) {
  return fmt::format("{}.{:03}", cycle / 1000, cycle % 1000);
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string place(const char* phase, TimelineFile::Track track) {
  return fmt::format(R"({{"ph":"{}","pid":{},"tid":{})", phase, track.process, track.thread);
}

}  // namespace

TimelineFile::TimelineFile(const std::string& path) : file_(path) {
  buffer_ =
      R"({"displayTimeUnit":"ns","otherData":{"unit":"1 ns shown is 1 cycle"},"traceEvents":[)";
}

void TimelineFile::write(const std::string& event) {
  buffer_ += is_first_ ? "\n" : ",\n";
  buffer_ += event;
  is_first_ = false;
  if (buffer_.size() >= kBufferBytes) {
    file_.write(buffer_);
    buffer_.clear();
  }
}

void TimelineFile::name_process(std::uint32_t process, const std::string& name) {
  write(place("M", {process, 0}) +
        fmt::format(R"(,"name":"process_name","args":{{"name":{}}}}})", quoted(name)));
  write(place("M", {process, 0}) +
        fmt::format(R"(,"name":"process_sort_index","args":{{"sort_index":{}}}}})", process));
}

void TimelineFile::name_track(Track track, const std::string& name) {
  write(place("M", track) +
        fmt::format(R"(,"name":"thread_name","args":{{"name":{}}}}})", quoted(name)));
}

void TimelineFile::slice(Track track, const std::string& name, Cycles begin, Cycles end,
                         const std::string& details) {
  write(
      place("X", track) +
      fmt::format(R"(,"name":{},"ts":{},"dur":{}{}}})", quoted(name), time_of(begin),
                  time_of(end - begin),
                  details.empty() ? "" : fmt::format(R"(,"args":{{"what":{}}})", quoted(details))));
}

void TimelineFile::flow(Track track, std::uint64_t flow, FlowStep step, Cycles cycle) {
  const char* const phase = step == FlowStep::kStart ? "s" : step == FlowStep::kMiddle ? "t" : "f";
  write(place(phase, track) +
        fmt::format(R"(,"name":"offload","cat":"offload","bp":"e","id":{},"ts":{}}})", flow,
                    time_of(cycle)));
}

void TimelineFile::counter(std::uint32_t process, const std::string& name, Cycles cycle,
                           std::uint64_t value) {
  write(place("C", {process, 0}) + fmt::format(R"(,"name":{},"ts":{},"args":{{"value":{}}}}})",
                                               quoted(name), time_of(cycle), value));
}

void TimelineFile::close() {
  file_.write(buffer_ + "\n]}\n");
  file_.close();
}

}  // namespace tessera
