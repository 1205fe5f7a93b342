// SPDX-License-Identifier: Apache-2.0
#include "models/ita/operand_block_interface.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/text.h"

namespace tessera::ita {

namespace {

constexpr std::uint32_t kUnmappedValue = 0;
constexpr std::uint32_t kStoredFlags = ITA_BLOCK_STATE_SKIPSOFTMAX | ITA_BLOCK_STATE_ITER_MASK;
constexpr std::uint32_t kWordBytes = 4;

std::uint64_t macs_of(const HeadShape& shape) {
  const auto [s, e, p] = shape;
  return std::uint64_t{4} * s * e * p + std::uint64_t{2} * s * s * p;
}

}  // namespace

OperandBlockInterface::OperandBlockInterface(const sc_core::sc_module_name& name,
                                             const OperandBlockParameters& parameters,
                                             const ClockDomain& clock, ByteMemory& memory,
                                             GuestErrorSink& guest_errors, StatGroup& parent_stats,
                                             const std::vector<ObservedInstance>& observed)
    : RegisterDevice(name, clock, kUnmappedValue),
      parameters_(parameters),
      guest_errors_(guest_errors),
      instances_(parameters.num_instances) {
  for (std::uint32_t i = 0; i < parameters_.num_instances; ++i) {
    instances_[i].memory = observed.empty() ? &memory : &observed[i].memory;
    instances_[i].probe = observed.empty() ? DeviceProbe() : observed[i].probe;
    add_registers(i);
    add_stats(i, parent_stats);
  }
  registers_.check_complete();
}

void OperandBlockInterface::add_registers(std::uint32_t index) {
  Instance& instance = instances_[index];
  const auto name = [index](const char* text) { return fmt::format("ITA{}_{}", index, text); };
  const auto offset = [index](std::uint32_t reg) { return index * ITA_BLOCK_STRIDE + reg; };
  registers_.add(name("STATE"), offset(ITA_BLOCK_STATE))
      .flag(0, "START")
      .flag(1, "BUSY")
      .flag(2, "DONE")
      .reserved(3, 1)
      .flag(4, "SKIPSOFTMAX")
      .field(ITA_BLOCK_STATE_ITER_SHIFT, 3, "ITER")
      .reserved(8, 24)
      .on_read([this, &instance](const RegisterAccess& access) {
        ActivityProbe* const probe = instance.probe.activities();
        if (probe != nullptr && instance.is_done && instance.heads > 0) {
          probe->completion_seen(instance.probe.activity("head", instance.heads - 1),
                                 cause_of(access));
        }
      })
      .value_from([this, &instance](Cycles) { return state_of(instance); })
      .on_write([this, &instance](std::uint32_t value, const RegisterAccess& access) {
        write_state(instance, value, access);
      });
  instance.start_addr = &registers_.add_word(name("START_ADDR"), offset(ITA_BLOCK_START_ADDR));
  instance.out_addr = &registers_.add_word(name("OUT_ADDR"), offset(ITA_BLOCK_OUT_ADDR));
  instance.rqs_addr = &registers_.add_word(name("RQS_ADDR"), offset(ITA_BLOCK_RQS_ADDR));
  instance.s = &registers_.add_word(name("S"), offset(ITA_BLOCK_S));
  instance.e = &registers_.add_word(name("E"), offset(ITA_BLOCK_E));
  instance.p = &registers_.add_word(name("P"), offset(ITA_BLOCK_P));
}

void OperandBlockInterface::add_stats(std::uint32_t index, StatGroup& parent_stats) {
  const Instance& instance = instances_[index];
  StatGroup& stats = parent_stats.add_group(fmt::format("{}[{}]", basename(), index));
  stats_.push_back(&stats);
  stats.add("heads", "count", "runs that ended", &instance.heads);
  stats.add("busy_cycles", "cycles", "from START to DONE", &instance.busy_cycles);
  stats.add("macs", "count", "multiply-accumulates", &instance.macs);
  stats.add("bytes_read", "bytes", "operands and constants fetched", &instance.bytes_read);
  stats.add("bytes_written", "bytes", "results written", &instance.bytes_written);
  stats.add("misuses", "count", "accesses and runs that broke a rule", &instance.misuses);
}

std::uint32_t OperandBlockInterface::state_of(const Instance& instance) const {
  return instance.flags | (instance.is_busy ? ITA_BLOCK_STATE_BUSY : 0) |
         (instance.is_done ? ITA_BLOCK_STATE_DONE : 0);
}

void OperandBlockInterface::write_state(Instance& instance, std::uint32_t value,
                                        const RegisterAccess& access) {
  const bool is_start = (value & ITA_BLOCK_STATE_START) != 0;
  instance.flags = value & kStoredFlags;
  if (!instance.is_busy) {
    instance.is_done = (value & ITA_BLOCK_STATE_DONE) != 0;
    if (is_start) {
      start(instance, access);
    }
  } else if (is_start) {
    report(instance, access, "START while BUSY: ignored; wait for DONE first");
  }
}

std::string OperandBlockInterface::refusal(const Instance& instance) const {
  for (const Register* size : {instance.s, instance.e, instance.p}) {
    if (size->value == 0 || size->value % kSplitColumns != 0 ||
        size->value > parameters_.max_dimension) {
      return fmt::format("{} = {}; allowed: multiples of {} up to {}", size->name(), size->value,
                         kSplitColumns, parameters_.max_dimension);
    }
  }
  for (const Register* address : {instance.start_addr, instance.out_addr, instance.rqs_addr}) {
    if (address->value % kWordBytes != 0) {
      return fmt::format("{} = {:#x}; allowed: multiples of {}", address->name(), address->value,
                         kWordBytes);
    }
  }
  if ((instance.flags & ITA_BLOCK_STATE_ITER_MASK) != 0) {
    return fmt::format("ITER = {}; allowed: 0",
                       instance.flags >> ITA_BLOCK_STATE_ITER_SHIFT & 0x7u);
  }
  return "";
}

void OperandBlockInterface::start(Instance& instance, const RegisterAccess& access) {
  const std::string problem = refusal(instance);
  if (!problem.empty()) {
    report(instance, access, problem + ": nothing is computed, DONE is set at once");
    instance.is_done = true;
    return;
  }
  instance.is_done = false;
  instance.is_busy = true;
  instance.shape = {instance.s->value, instance.e->value, instance.p->value};
  instance.addresses = {instance.start_addr->value, instances_.front().start_addr->value,
                        instance.out_addr->value, instance.rqs_addr->value};
  instance.hart = access.hart;
  instance.pc = access.pc;
  // A hart behind the others may start at a time that the run before has already passed.
  instance.start = std::max(access.cycle, instance.end);
  instance.memory->attribute_to(instance.heads);
  tell_started(instance, access);
  if (!engines_.empty() && start_engine(instance)) {
    return;
  }
  instance.end = instance.start +
                 operand_block_cycles(instance.shape, parameters_.timing, parameters_.flavour);
  schedule_end();
}

void OperandBlockInterface::tell_started(const Instance& instance,
                                         const RegisterAccess& access) const {
  if (ActivityProbe* probe = instance.probe.activities()) {
    probe->launched(run_of(instance), cause_of(access),
                    fmt::format("S {} E {} P {}, operands at {:#x}, output at {:#x}",
                                instance.shape.s, instance.shape.e, instance.shape.p,
                                instance.addresses.block, instance.addresses.output));
    probe->begins(run_of(instance), "", instance.start);
  }
}

void OperandBlockInterface::phase_began(std::uint32_t index, const char* what, Cycles cycle) {
  Instance& instance = instances_[index];
  tell_phase_ended(instance, cycle);
  if (ActivityProbe* probe = instance.probe.activities()) {
    probe->begins(instance.probe.activity("phase", instance.phases), what, cycle);
    instance.is_in_phase = true;
  }
}

void OperandBlockInterface::tell_phase_ended(Instance& instance, Cycles cycle) {
  ActivityProbe* const probe = instance.probe.activities();
  if (probe != nullptr && instance.is_in_phase) {
    probe->ends(instance.probe.activity("phase", instance.phases++), cycle);
    instance.is_in_phase = false;
  }
}

bool OperandBlockInterface::is_idle() const {
  return std::none_of(instances_.begin(), instances_.end(),
                      [](const Instance& instance) { return instance.is_busy; });
}

void OperandBlockInterface::use_engines(const std::vector<OperandBlockEngine*>& engines,
                                        const std::vector<AddressRange>& memories) {
  TESSERA_CHECK(is_idle(), "{} changes its timing while it is at work", name());
  engines_ = engines;
  memories_ = memories;
}

std::string OperandBlockInterface::activity() const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    const Instance& instance = instances_[i];
    if (instance.is_busy) {
      texts.push_back(fmt::format("instance {} computes a head since cycle {}, started by hart {}",
                                  i, instance.start, instance.hart));
    }
  }
  return join(texts, "; ");
}

bool OperandBlockInterface::start_engine(Instance& instance) {
  const auto pieces = operand_block_pieces(instance.addresses, instance.shape);
  OperandBlockRun run;
  run.operands = pieces.operands;
  run.result = pieces.result;
  const auto is_reachable = [&](const MemoryPiece& piece) {
    return std::any_of(memories_.begin(), memories_.end(), [&](const AddressRange& memory) {
      return memory.contains(piece.address) && memory.contains(piece.address + piece.bytes - 1);
    });
  };
  const auto all_reachable = [&] {
    return std::all_of(run.operands.begin(), run.operands.end(), is_reachable);
  };
  if (!all_reachable() || !is_reachable(run.result)) {
    return false;
  }
  const auto tables = requant_pieces(*instance.memory, instance.addresses.requant);
  run.operands.insert(run.operands.end(), tables.begin(), tables.end());
  if (!all_reachable()) {
    return false;
  }
  run.compute_cycles = operand_block_compute_cycles(instance.shape, parameters_.flavour);
  instance.is_moving = true;
  engines_[static_cast<std::size_t>(&instance - instances_.data())]->start(run, instance.start);
  return true;
}

void OperandBlockInterface::operands_arrived(std::uint32_t index) {
  instances_[index].result = compute(instances_[index]);
}

void OperandBlockInterface::write_result(std::uint32_t index, std::uint32_t offset,
                                         std::uint32_t bytes) {
  Instance& instance = instances_[index];
  TESSERA_CHECK(offset + bytes <= instance.result.size() &&
                    instance.memory->write(instance.addresses.output + offset,
                                           instance.result.data() + offset, bytes),
                "{} bytes at {} of the result of ITA {}", bytes, offset, index);
  instance.bytes_written += bytes;
}

void OperandBlockInterface::run_ended(std::uint32_t index, Cycles cycle) {
  instances_[index].end = cycle;
  end_run(instances_[index]);
}

void OperandBlockInterface::end_run(Instance& instance) {
  instance.is_moving = false;
  instance.is_busy = false;
  instance.is_done = true;
  tell_phase_ended(instance, instance.end);
  if (ActivityProbe* probe = instance.probe.activities()) {
    probe->ends(run_of(instance), instance.end);
  }
  ++instance.heads;
  instance.busy_cycles += instance.end - instance.start;
}

OperandBlockInterface::Instance* OperandBlockInterface::first_to_end() {
  Instance* first = nullptr;
  for (Instance& instance : instances_) {
    if (instance.is_busy && !instance.is_moving &&
        (first == nullptr || instance.end < first->end)) {
      first = &instance;
    }
  }
  return first;
}

void OperandBlockInterface::advance_to(Cycles cycle) {
  Instance* instance = first_to_end();
  if (instance == nullptr || instance->end > cycle) {
    return;
  }
  for (; instance != nullptr && instance->end <= cycle; instance = first_to_end()) {
    instance->is_moving = true;
    run_head(*instance);
    end_run(*instance);
  }
  schedule_end();
}

/// The hardware takes whatever it finds there.
bool OperandBlockInterface::check_tables(Instance& instance, const RequantTables& tables) {
  constexpr std::array<const char*, kRequantTables> kNames{"mult", "shift", "add"};
  const std::vector<MemoryPiece> operands =
      operand_block_pieces(instance.addresses, instance.shape).operands;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto overlaps = [&](const MemoryPiece& other) { return tables[i].overlaps(other); };
    if (std::any_of(operands.begin(), operands.end(), overlaps) ||
        std::any_of(tables.begin() + static_cast<std::ptrdiff_t>(i) + 1, tables.end(), overlaps)) {
      report(instance, {instance.hart, instance.pc, instance.end},
             fmt::format("the table {} at {:#x}, which RQS_ADDR = {:#x} leads to, overlaps other "
                         "operands or tables of the head: its constants are something else",
                         kNames[i], tables[i].address, instance.addresses.requant),
             tables[i].address);
      return false;
    }
  }
  return true;
}

/// Defined by the hardware, and never meant: the tables are something else.
void OperandBlockInterface::check_constants(Instance& instance, const HeadOperands& head) {
  const FlavourParameters& flavour = parameters_of(parameters_.flavour);
  for (const Phase phase : {Phase::kQ, Phase::kK, Phase::kV, Phase::kQK, Phase::kAV, Phase::kOW}) {
    const std::size_t index = flavour.constant_index[static_cast<std::size_t>(phase)];
    const Requant& requant = head.requant[index];
    if (is_degenerate(requant, flavour)) {
      report(instance, {instance.hart, instance.pc, instance.end},
             fmt::format("mult[{0}] = {1}, shift[{0}] = {2} for phase {3}, by the tables that "
                         "RQS_ADDR = {4:#x} leads to: every result is the same",
                         index, requant.mult, requant.shift, to_string(phase),
                         instance.addresses.requant),
             instance.addresses.requant);
      return;
    }
  }
}

std::vector<std::int8_t> OperandBlockInterface::compute(Instance& instance) {
  const RegisterAccess origin{instance.hart, instance.pc, instance.end};
  const OperandBlockFetch fetch =
      fetch_operand_block(*instance.memory, instance.addresses, instance.shape);
  instance.bytes_read += fetch.bytes;
  if (!fetch.is_complete) {
    report(instance, origin,
           fmt::format("operands or constants at {:#x} are not in memory: nothing is computed",
                       fetch.failing_address),
           fetch.failing_address);
    return {};
  }
  if (check_tables(instance, fetch.tables)) {
    check_constants(instance, fetch.head);
  }
  instance.macs += macs_of(instance.shape);
  return attention_head(fetch.head, parameters_of(parameters_.flavour)).output;
}

void OperandBlockInterface::run_head(Instance& instance) {
  const std::vector<std::int8_t> result = compute(instance);
  const std::uint32_t output = instance.addresses.output;
  if (result.empty()) {
    return;
  }
  if (!instance.memory->write(output, result.data(), result.size())) {
    report(instance, {instance.hart, instance.pc, instance.end},
           fmt::format("the output, {} bytes at {:#x}, leaves memory", result.size(), output),
           output);
    return;
  }
  instance.bytes_written += result.size();
}

void OperandBlockInterface::schedule_end() {
  // A run may be over already when the one before it waited for a foreign target.
  if (const Instance* next = first_to_end()) {
    schedule_advance(next->end);
  } else {
    cancel_advance();
  }
}

void OperandBlockInterface::report(Instance& instance, const RegisterAccess& access,
                                   const std::string& message, std::uint32_t address) {
  ++instance.misuses;
  const auto index = &instance - instances_.data();
  guest_errors_.report({GuestErrorKind::kDeviceMisuse, access.hart, access.pc, address,
                        fmt::format("{}[{}]", name(), index), message});
}

}  // namespace tessera::ita
