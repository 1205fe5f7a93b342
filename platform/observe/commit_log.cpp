// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_log.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"

namespace tessera {

namespace {

constexpr std::size_t kChunkRecords = 8192;

void fill(CommitRecord& record, const RetiredInstruction& instruction) {
  record.pc = instruction.pc;
  record.raw = instruction.raw;
  record.rd = instruction.result.index;
  record.incremented = instruction.increment.index;
  record.values[CommitRecord::kIncrement] = instruction.increment.value;
  record.kind = instruction.access.kind;
  record.bytes = instruction.access.bytes;
  record.values[CommitRecord::kAddress] = instruction.access.address;
  record.values[CommitRecord::kData] = instruction.access.data;
  if (instruction.writes_csr) {
    record.csr = instruction.csr;
    record.values[CommitRecord::kData] = instruction.csr_value;
  }
  if (instruction.is_result_pending) {
    record.is_pending = true;
  } else {
    record.set_result(instruction.result.value);
  }
}

/// Logs of two runs side by side would look like those of one.
void remove_logs(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> logs;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (matches(name, "hart_*.log.zst") && entry.is_regular_file(error)) {
      logs.push_back(entry.path());
    }
  }
  for (const auto& log : logs) {
    std::filesystem::remove(log, error);
  }
}

}  // namespace

CommitLog::CommitLog(const std::string& folder, const TraceWindow& window,
                     const Observers& observers, std::uint32_t num_harts)
    : Trace(window, observers), writer_(window.max_bytes), harts_(num_harts) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw ConfigError(folder, "cannot make this folder" + host_reason(error));
  }
  remove_logs(folder);
  for (std::uint32_t hart = 0; hart < num_harts; ++hart) {
    if (filter_.shows_agent(hart)) {
      harts_[hart].file = &writer_.open(fmt::format("{}/hart_{}.log.zst", folder, hart), hart);
      harts_[hart].records.reserve(kChunkRecords);
    }
  }
}

CommitLog::~CommitLog() = default;

void CommitLog::retired(const RetiredInstruction& instruction) {
  Hart& hart = harts_[instruction.hart];
  if (hart.file == nullptr || !filter_.shows(instruction.cycle)) {
    return;
  }
  if (instruction.is_result_pending) {
    hart.pending.push_back({hart.records.size(), instruction.access.id});
  }
  fill(hart.records.emplace_back(), instruction);
  if (hart.records.size() >= kChunkRecords) {
    hand_over(hart, hart.pending.empty() ? hart.records.size() : hart.pending.front().place);
  }
}

void CommitLog::load_returned(std::uint32_t hart_id, std::uint16_t access_id, std::uint32_t value,
                              Cycles /*cycle*/) {
  Hart& hart = harts_[hart_id];
  const auto pending =
      std::find_if(hart.pending.begin(), hart.pending.end(),
                   [access_id](const Pending& one) { return one.access_id == access_id; });
  if (pending != hart.pending.end()) {  // within the window
    hart.records[pending->place].set_result(value);
    hart.pending.erase(pending);
  }
}

void CommitLog::hand_over(Hart& hart, std::size_t count) {
  if (count == 0) {
    return;
  }
  const std::vector<CommitRecord> rest(hart.records.begin() + static_cast<std::ptrdiff_t>(count),
                                       hart.records.end());
  for (Pending& pending : hart.pending) {
    pending.place -= count;
  }
  hart.records.resize(count);
  writer_.write(*hart.file, hart.records);
  hart.records.reserve(kChunkRecords);
  hart.records.insert(hart.records.end(), rest.begin(), rest.end());
}

void CommitLog::finish(Cycles /*cycle*/) {
  for (Hart& hart : harts_) {
    if (hart.file != nullptr) {
      hand_over(hart, hart.records.size());
    }
  }
  writer_.finish();
}

}  // namespace tessera
