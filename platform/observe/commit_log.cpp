// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_log.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"

namespace tessera {

namespace {

CommitRecord record_of(const RetiredInstruction& instruction) {
  CommitRecord record;
  record.pc = instruction.pc;
  InstructionForm& form = record.form;
  form.raw = instruction.raw;
  form.rd = instruction.result.index;
  form.incremented = instruction.increment.index;
  form.kind = instruction.access.kind;
  form.bytes = instruction.access.bytes;
  form.is_pending = true;
  record.values[CommitRecord::kIncrement] = instruction.increment.value;
  record.values[CommitRecord::kAddress] = instruction.access.address;
  record.values[CommitRecord::kData] = instruction.access.data;
  if (instruction.writes_csr) {
    form.csr = instruction.csr;
    record.values[CommitRecord::kData] = instruction.csr_value;
  }
  if (!instruction.is_result_pending) {
    record.set_result(instruction.result.value);
  }
  return record;
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
    : Trace(window, observers), harts_(num_harts), writer_(window.max_bytes) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw ConfigError(folder, "cannot make this folder" + host_reason(error));
  }
  remove_logs(folder);
  for (std::uint32_t hart = 0; hart < num_harts; ++hart) {
    if (filter_.shows_agent(hart)) {
      harts_[hart].file = &writer_.open(fmt::format("{}/hart_{}.log.zst", folder, hart), hart);
      harts_[hart].log.clear();
    }
  }
}

CommitLog::~CommitLog() = default;

void CommitLog::retired(const RetiredInstruction& instruction) {
  Hart& hart = harts_[instruction.hart];
  if (hart.file == nullptr || !filter_.shows(instruction.cycle)) {
    return;
  }
  if (instruction.is_result_pending || !hart.waiting.empty()) {
    hart.waiting.push_back({record_of(instruction), instruction.access.id});
  } else {
    append(hart, record_of(instruction));
  }
}

void CommitLog::load_returned(std::uint32_t hart_id, std::uint16_t access_id, std::uint32_t value,
                              Cycles /*cycle*/) {
  Hart& hart = harts_[hart_id];
  const auto found =
      std::find_if(hart.waiting.begin(), hart.waiting.end(), [access_id](const Waiting& one) {
        return one.record.form.is_pending && one.access_id == access_id;
      });
  if (found != hart.waiting.end()) {  // within the window
    found->record.set_result(value);
  }
  while (!hart.waiting.empty() && !hart.waiting.front().record.form.is_pending) {
    append(hart, hart.waiting.front().record);
    hart.waiting.pop_front();
  }
}

void CommitLog::append(Hart& hart, const CommitRecord& record) {
  if (!hart.log.cursor.has_room(1)) {
    hand_over(hart);
  }
  const Single& single = single_of(record);
  hart.log.cursor.begin_run(single.block, record.pc, 1);
  for (const CommitLine::Place& place : single.places) {
    const std::uint32_t value = record.values[place.value];
    switch (place.digits) {
      case 8:
        hart.log.cursor.put(value);
        break;
      case 4:
        hart.log.cursor.put(static_cast<std::uint16_t>(value));
        break;
      default:
        hart.log.cursor.put(static_cast<std::uint8_t>(value));
        break;
    }
  }
}

const CommitLog::Single& CommitLog::single_of(const CommitRecord& record) {
  const Single*& latest = latest_singles_[record.pc / 4 % latest_singles_.size()];
  if (latest == nullptr || latest->block.pc != record.pc ||
      !(latest->block.instructions.front() == record.form)) {
    const CommitKey key{record.pc, record.form};
    auto found = singles_.find(key);
    if (found == singles_.end()) {
      found = singles_.insert({key, {{record.pc, {record.form}}, CommitLine(key).places}}).first;
    }
    latest = &found->second;
  }
  return *latest;
}

void CommitLog::hand_over(Hart& hart) {
  if (!hart.log.is_empty()) {
    writer_.write(*hart.file, hart.log);
  }
}

void CommitLog::finish(Cycles /*cycle*/) {
  for (Hart& hart : harts_) {
    for (const Waiting& waiting : hart.waiting) {
      append(hart, waiting.record);
    }
    hart.waiting.clear();
    hand_over(hart);
  }
  writer_.finish();
}

}  // namespace tessera
