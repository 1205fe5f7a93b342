// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/wave.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "platform/observe/writable_space.h"

#ifdef TESSERA_HAS_FST
#include <fstapi.h>
#endif

namespace tessera {

namespace {

constexpr std::uint32_t kWordBits = 32;

const std::string kRunning = "running";
const std::string kAsleep = "asleep";
const std::string kNoFunction = "?";

const std::string& name_of(StallReason reason) {
  static const auto texts = [] {
    std::array<std::string, kNumStallReasons> names;
    for (std::size_t i = 0; i < names.size(); ++i) {
      names[i] = std::string("stalled: ") + to_string(static_cast<StallReason>(i));
    }
    return names;
  }();
  return texts[static_cast<std::size_t>(reason)];
}

std::vector<std::string> split(const std::string& name) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

#ifdef TESSERA_HAS_FST

/// The library's writer. Signals are numbered from 1. The library takes no notice of what it could
/// not write, and crashes when it then misses it: it must not come to the end of the disk.
class Wave::File {
 public:
  explicit File(const std::string& path) : path_(path) {
    std::error_code none;
    if (std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none)) {
      // The library would remove it.
      throw ConfigError(path, "cannot write waves here", "expected a file, no device or pipe");
    }
    check_is_writable();
    if (!has_space(kLeastBytes - kSpareBytes)) {
      throw ConfigError(
          path, "too little space",
          fmt::format("{} MiB must be free here and in {}", kLeastBytes >> 20, P_tmpdir));
    }
    writer_.reset(fstWriterCreate(path.c_str(), 1));
    if (!writer_) {
      throw ConfigError(path, "cannot write" + host_reason());
    }
    fstWriterSetPackType(writer_.get(), FST_WR_PT_LZ4);
    fstWriterSetTimescale(writer_.get(), -9);
  }

  std::uint32_t add(const std::string& scope, const std::string& name, std::uint32_t bits) {
    enter(split(scope));
    const bool is_text = bits == 0;
    return fstWriterCreateVar(writer_.get(), is_text ? FST_VT_GEN_STRING : FST_VT_VCD_WIRE,
                              FST_VD_IMPLICIT, bits, name.c_str(), 0);
  }
  void write(const Change& change) {
    if (writer_) {
      hold_back(change);
    }
    if (!writer_) {  // no space
      return;
    }
    if (change.cycle != now_ || !has_time_) {
      fstWriterEmitTimeChange(writer_.get(), change.cycle);
      now_ = change.cycle;
      has_time_ = true;
    }
    if (change.text != nullptr) {
      fstWriterEmitVariableLengthValueChange(writer_.get(), change.signal, change.text->data(),
                                             static_cast<std::uint32_t>(change.text->size()));
    } else {
      fstWriterEmitValueChange32(writer_.get(), change.signal, kWordBits, change.value);
    }
  }
  /// The signal, a number, has no value yet. A file that says nothing of any signal cannot be read.
  void write_unknown(std::uint32_t signal) {
    if (!has_time_) {
      fstWriterEmitTimeChange(writer_.get(), 0);
      has_time_ = true;
    }
    fstWriterEmitValueChange(writer_.get(), signal, std::string(kWordBits, 'x').c_str());
  }
  Cycles now() const { return now_; }
  /// What is on the disk; the library holds back up to 128 MiB.
  std::uint64_t bytes_written() const {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(path_, error);
    return error ? 0 : bytes;
  }
  void close(Cycles cycle) {
    if (writer_ && cycle > now_) {
      fstWriterEmitTimeChange(writer_.get(), cycle);
    }
    stop();
    if (is_incomplete_) {
      throw ConfigError(path_, fmt::format("too little space: the waves end in cycle {}", now_));
    }
  }

 private:
  /// Looks at the disk whenever so many bytes of changes have come.
  static constexpr std::uint64_t kStepBytes = std::uint64_t{4} << 20;
  /// For the hierarchy of names and tables.
  static constexpr std::uint64_t kSpareBytes = std::uint64_t{4} << 20;
  static constexpr std::uint64_t kLeastBytes = 2 * kStepBytes + kSpareBytes;

  void check_is_writable() const {
    std::error_code none;
    const bool was_there = std::filesystem::exists(path_, none);
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
      throw ConfigError(path_, "cannot write" + host_reason());
    }
    ::close(file);
    if (!was_there) {
      std::filesystem::remove(path_, none);
    }
  }
  /// Whether `bytes` of changes that the library holds back can be written.
  bool has_space(std::uint64_t bytes) const {
    return std::min(writable_space(path_), writable_space(P_tmpdir "/")) >= bytes + kSpareBytes;
  }
  /// The library holds back 128 MiB. Where there may be too little space for that, it has to write
  /// earlier; where there is too little for that, too, the waves end.
  void hold_back(const Change& change) {
    constexpr std::uint64_t kBytesOfChange = 48;  // 32 letters, varints of signal and time
    held_back_ += kBytesOfChange + (change.text == nullptr ? 0 : change.text->size());
    if (held_back_ < next_look_) {
      return;
    }
    if (has_space(held_back_ + kStepBytes)) {
      next_look_ += kStepBytes;
    } else if (next_look_ > kStepBytes) {
      fstWriterFlushContext(writer_.get());
      held_back_ = 0;
      next_look_ = kStepBytes;
    } else {
      is_incomplete_ = true;
      stop();
    }
  }
  /// Completes the file, if somebody else has not taken the space for that.
  void stop() {
    if (!writer_) {
      return;
    }
    if (has_space(held_back_)) {
      writer_.reset();
      return;
    }
    is_incomplete_ = true;
    static_cast<void>(writer_.release());  // to close it is to write
    std::error_code none;
    std::filesystem::remove(path_ + ".hier", none);
  }
  struct Close {
    void operator()(void* writer) const { fstWriterClose(writer); }
  };
  /// From the scope of the last signal to that of the next.
  void enter(const std::vector<std::string>& scope) {
    std::size_t common = 0;
    while (common < std::min(scope.size(), scope_.size()) && scope[common] == scope_[common]) {
      ++common;
    }
    for (std::size_t i = common; i < scope_.size(); ++i) {
      fstWriterSetUpscope(writer_.get());
    }
    for (std::size_t i = common; i < scope.size(); ++i) {
      fstWriterSetScope(writer_.get(), FST_ST_VCD_MODULE, scope[i].c_str(), nullptr);
    }
    scope_ = scope;
  }

  const std::string path_;
  std::unique_ptr<void, Close> writer_;
  std::vector<std::string> scope_;
  Cycles now_ = 0;
  bool has_time_ = false;
  std::uint64_t held_back_ = 0;  ///< bytes, at most
  std::uint64_t next_look_ = kStepBytes;
  bool is_incomplete_ = false;
};

bool Wave::is_there() {
  return true;
}

#else

class Wave::File {
 public:
  explicit File(const std::string& path) {
    throw ConfigError(path, "this build has no library for FST", "see platform/observe/README.md");
  }
  std::uint32_t add(const std::string&, const std::string&, std::uint32_t) { return 0; }
  void write(const Change&) {}
  void write_unknown(std::uint32_t) {}
  Cycles now() const { return 0; }
  std::uint64_t bytes_written() const { return 0; }
  void close(Cycles) {}
};

bool Wave::is_there() {
  return false;
}

#endif

Wave::Wave(const std::string& path, const TraceWindow& window, const Observers& observers,
           std::uint32_t num_harts, const SymbolTable& symbols)
    : Trace(window, observers),
      symbols_(symbols),
      file_(std::make_unique<File>(path)),
      harts_(num_harts),
      devices_(observers.num_agents()) {
  add_signals(num_harts);
}

Wave::~Wave() = default;

void Wave::add_signals(std::uint32_t num_harts) {
  constexpr std::uint32_t kText = 0;
  for (AgentId agent = 0; agent < devices_.size(); ++agent) {
    if (!filter_.shows_agent(agent)) {
      continue;
    }
    const std::string& name = filter_.observers().agent_name(agent);
    if (agent < num_harts) {
      harts_[agent].state = file_->add(name, "state", kText);
      harts_[agent].pc = file_->add(name, "pc", kWordBits);
      harts_[agent].function = file_->add(name, "function", kText);
    } else {
      devices_[agent].busy = file_->add(name, "busy", kWordBits);
      push({0, 0, devices_[agent].busy, 0, nullptr, Keep::kLatest});
    }
  }
  for (const Hart& hart : harts_) {
    if (hart.pc != 0) {
      file_->write_unknown(hart.pc);
    }
  }
  for (const Device& device : devices_) {
    if (device.busy != 0) {
      file_->write_unknown(device.busy);
    }
  }
}

void Wave::set(std::uint32_t signal, Cycles cycle, std::uint32_t value) {
  if (signal != 0) {
    push({cycle, 0, signal, value, nullptr, Keep::kNot});
  }
}

void Wave::set(std::uint32_t signal, Cycles cycle, const std::string& text) {
  if (signal != 0) {
    push({cycle, 0, signal, 0, &text, Keep::kNot});
  }
}

void Wave::show_state(Hart& hart, Cycles cycle, const std::string& text) {
  if (hart.shown != &text) {
    hart.shown = &text;
    set(hart.state, cycle, text);
  }
}

void Wave::retired(const RetiredInstruction& instruction) {
  Hart& hart = harts_[instruction.hart];
  if (hart.state == 0 || !filter_.shows(instruction.cycle)) {
    return;
  }
  show_state(hart, instruction.cycle, kRunning);
  set(hart.pc, instruction.cycle, instruction.pc);
  if (hart.range == nullptr || instruction.pc < hart.range->begin ||
      instruction.pc >= hart.range->end) {
    hart.range = symbols_.function_at(instruction.pc);
    const std::string& name = hart.range == nullptr ? kNoFunction : hart.range->name;
    if (hart.shown_function != &name) {
      hart.shown_function = &name;
      set(hart.function, instruction.cycle, name);
    }
  }
}

void Wave::stalled(std::uint32_t hart_id, std::uint32_t /*pc*/, StallReason reason, Cycles cycle,
                   Cycles /*cycles*/) {
  if (harts_[hart_id].state != 0 && filter_.shows(cycle)) {
    show_state(harts_[hart_id], cycle, name_of(reason));
  }
}

void Wave::fell_asleep(std::uint32_t hart_id, std::uint32_t /*pc*/, Cycles cycle) {
  if (Hart& hart = harts_[hart_id]; hart.state != 0) {
    hart.shown = &kAsleep;
    push({cycle, 0, hart.state, 0, &kAsleep, Keep::kLatest});
  }
}

void Wave::woke_up(std::uint32_t hart_id, Cycles cycle) {
  if (harts_[hart_id].state != 0) {
    push({cycle, 0, harts_[hart_id].state, 0, nullptr, Keep::kNothing});  // it shows what it does
  }
}

void Wave::begins(const Activity& activity, const std::string& text, Cycles cycle) {
  if (!text.empty()) {
    parts_.insert(activity.kind);
    return;
  }
  change_busy(activity.agent, cycle, 1);
}

void Wave::ends(const Activity& activity, Cycles cycle) {
  if (parts_.count(activity.kind) == 0) {
    change_busy(activity.agent, cycle, -1);
  }
}

void Wave::change_busy(AgentId agent, Cycles cycle, int difference) {
  if (agent < devices_.size() && devices_[agent].busy != 0) {
    Device& device = devices_[agent];
    device.running = static_cast<std::uint32_t>(static_cast<int>(device.running) + difference);
    push({cycle, 0, device.busy, device.running, nullptr, Keep::kLatest});
  }
}

std::uint64_t Wave::bytes_written() const {
  return file_->bytes_written();
}

void Wave::push(Change change) {
  change.order = num_changes_++;
  changes_.push(change);
}

void Wave::open_before(Cycles cycle) {
  const std::vector<TraceFilter::Opening>& openings = filter_.openings();
  for (; num_openings_ < openings.size() && openings[num_openings_].begin < cycle;
       ++num_openings_) {
    const TraceFilter::Opening& opening = openings[num_openings_];
    for (const auto& [signal, latest] : kept_) {
      if (opening.contains(opening.begin) && latest.cycle < opening.begin) {
        Change change = latest;
        change.cycle = opening.begin;
        write(change);
      }
    }
  }
}

void Wave::take(const Change& change) {
  open_before(change.cycle);
  if (change.keep == Keep::kNothing) {
    kept_.erase(change.signal);
    return;
  }
  if (change.keep == Keep::kLatest) {
    kept_[change.signal] = change;
    if (filter_.parts(change.cycle, change.cycle).empty()) {
      return;
    }
  }
  write(change);
}

void Wave::write(Change change) {
  change.cycle = std::max(change.cycle, file_->now());  // told too late: a long stall
  file_->write(change);
}

void Wave::passed(Cycles cycle) {
  for (; !changes_.empty() && changes_.top().cycle < cycle; changes_.pop()) {
    take(changes_.top());
  }
  open_before(cycle);
}

void Wave::finish(Cycles cycle) {
  for (; !changes_.empty(); changes_.pop()) {
    take(changes_.top());
  }
  open_before(cycle);
  file_->close(std::min(cycle, filter_.window().to));
}

}  // namespace tessera
