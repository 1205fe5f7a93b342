// SPDX-License-Identifier: Apache-2.0
#include "platform/app/run.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/error.h"
#include "models/base/text.h"
#include "platform/app/build_info.h"
#include "platform/app/catalogue.h"
#include "platform/app/fault_report.h"
#include "platform/app/hart_report.h"
#include "platform/app/inputs.h"
#include "platform/app/output_conflicts.h"
#include "platform/app/say.h"

namespace tessera::app {

namespace {

struct EndText {
  const char* name;  ///< in run.json
  const char* text;  ///< in the summary
  ExitCode exit_code;
};

EndText describe(const RunResult& result) {
  switch (result.end) {
    case RunEnd::kEndOfComputation:
      return {"end_of_computation", "end of computation",
              result.guest_value == 0 ? kGuestReturnedZero : kGuestReturnedOther};
    case RunEnd::kMaxCycles:
      return {"max_cycles", "limit of cycles reached", kLimitReached};
    case RunEnd::kMaxInstructions:
      return {"max_instructions", "limit of instructions reached", kLimitReached};
    case RunEnd::kTimeout:
      return {"timeout", "limit of wall time reached", kLimitReached};
    case RunEnd::kHang:
      return {"hang", "hang", kHang};
    case RunEnd::kGuestError:
      return {"guest_error", "stopped at a guest error", kGuestErrorStop};
    case RunEnd::kUnsupported:
      return {"unsupported", "instruction not modelled", kGuestErrorStop};
    case RunEnd::kInterrupted:
      return {"interrupted", "interrupted", kInterrupted};
  }
  TESSERA_CHECK(false, "run end {}", static_cast<int>(result.end));
}

ElfImage read_program(const std::string& path, const AddressMap& map) {
  ElfImage program = ElfImage::read(path);
  program.check_fits(map);
  return program;
}

Machine read_machine(const RunOptions& options) {
  Machine machine(options.config);
  check_outputs(options, machine.tree.files());
  return machine;
}

/// The places of the program that are named, as numbers.
std::vector<TimingSwitch> read_switches(const std::vector<SwitchOption>& options,
                                        const ElfImage& program) {
  std::vector<TimingSwitch> switches;
  for (const SwitchOption& option : options) {
    TimingSwitch change = option.change;
    if (change.when == TimingSwitch::When::kPc) {
      change.value = resolve("--at symbol", option.name, program);
    } else if (change.when != TimingSwitch::When::kCycle) {
      change.value = resolve_region("--at roi", option.name, program);
    }
    switches.push_back(change);
  }
  return switches;
}

/// The same, with the numbers of regions that are named.
TraceOptions with_regions(TraceOptions traces, const ElfImage& program) {
  for (auto* trace : {&traces.commit_log, &traces.timeline, &traces.bus_trace, &traces.wave}) {
    if (*trace && !(*trace)->window.region_as_written.empty()) {
      TraceWindow& window = (*trace)->window;
      window.region = resolve_region("roi", window.region_as_written, program);
    }
  }
  return traces;
}

/// Throws UsageError for a level of what this machine has not.
void check_log_filters(const std::vector<LogFilter>& filters, const Soc& soc) {
  for (const LogFilter& filter : filters) {
    const std::vector<std::string> names = log_names(soc);
    const bool is_known = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return is_below(name, filter.path);
    });
    if (!is_known) {
      const std::string near = nearest_spelling(filter.path, names);
      throw UsageError(fmt::format("--log: this machine has no '{}'{}", filter.path,
                                   near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
  }
}

double millions(std::uint64_t count) {
  return static_cast<double>(count) / 1e6;
}

}  // namespace

Run::Run(const RunOptions& options)
    : options_(options),
      machine_(read_machine(options_)),
      program_(read_program(options_.elf, map_)),
      switches_(read_switches(options_.switches, program_)),
      images_(read_images(options_.loads, program_, map_)),
      dumps_(read_dumps(options_.dumps, program_, map_)),
      dir_(options_.out_dir.empty()
               ? RunDir()
               : RunDir(options_.out_dir, options_.overwrite || options_.gdb.is_restarted())),
      log_(make_log()),
      guest_errors_(options_.guest_errors, log_,
                    {[this](std::uint32_t pc) { return program_.symbols.describe(pc); },
                     [this](const GuestError& error) {
                       return explain(error, places_, soc_, observation_.last_instructions());
                     },
                     [this](const GuestError& error, const std::string& text) {
                       soc_.request_stop(RunEnd::kGuestError);
                       if (gdb_ != nullptr) {
                         gdb_->show_guest_error(error, text);
                       }
                     }}),
      soc_(machine_.config, services()),
      traces_(with_regions(options_.traces, program_), soc_, program_.symbols),
      places_(soc_, program_, map_, machine_.config),
      checks_(options_.checks, soc_, machine_.config, map_, program_, images_, dumps_, places_),
      stat_writer_(
          {&soc_.stats(), &guest_errors_.stats()}, [this] { return soc_.now(); },
          Logger(log_, "soc")),
      observation_(options_.observation, soc_, places_.names(), stat_writer_),
      progress_(
          {options_.verbosity != Verbosity::kQuiet, options_.expected_cycles}, dir_,
          [this] { return soc_.now(); }, [this] { return count_activities(soc_); }) {
  stat_writer_.set_region_names(program_.region_names);
  if (options_.gdb.is_wanted) {
    gdb_ = std::make_unique<Gdb>(
        options_.gdb, Gdb::Surroundings{soc_, map_, places_, signals_, traces_, options_.command});
  }
  check_log_filters(options_.log_filters, soc_);
  open_outputs();
  load_memory();
  for (const TimingSwitch& change : switches_) {
    soc_.add_timing_switch(change);
  }
  warn_about_program();
  log_set_up();
  log_->set_clock([this] { return soc_.now(); }, machine_.config.clock_period_ps());
  times_.set_up = seconds_since(start_);
}

void Run::open_outputs() {
  if (dir_.is_wanted()) {
    log_->write_to(dir_.file("log.txt"));
  }
  for (MemoryDump& dump : dumps_) {
    dump.open();
  }
  traces_.open(machine_.config);
}

void Run::load_memory() {
  program_.load(soc_.memory());
  for (const MemoryImage& image : images_) {
    image.load(soc_.memory());
  }
}

std::shared_ptr<LogSink> Run::make_log() const {
  LogConfig config;
  switch (options_.verbosity) {
    case Verbosity::kQuiet:
      config.default_level = LogLevel::kError;
      break;
    case Verbosity::kNormal:
      config.default_level = LogLevel::kWarn;
      break;
    case Verbosity::kVerbose:
      config.default_level = LogLevel::kInfo;
      break;
  }
  config.filters = options_.log_filters;
  config.begin = options_.observation.log_begin;
  config.end = options_.observation.log_end;
  return std::make_shared<LogSink>(config);
}

SocServices Run::services() {
  const auto console = [this](const char* data, std::size_t bytes) {
    progress_.clear_line();
    const bool is_written =
        std::fwrite(data, 1, bytes, stdout) == bytes && std::fflush(stdout) == 0;
    if (!is_written && output_errors_.empty()) {
      output_errors_.push_back("stdout: cannot write what the guest prints");
      soc_.request_stop(RunEnd::kInterrupted);
    }
  };
  const auto region_of_interest = [this, log = Logger(log_, "soc.platform_block")](
                                      std::uint32_t hart, std::uint32_t id, bool begins) {
    const auto known = program_.region_names.find(id);
    const std::string name =
        known == program_.region_names.end() ? fmt::to_string(id) : known->second;
    log.info("region of interest {} {}", name, begins ? "begins" : "ends");
    traces_.region({id, name, begins, soc_.now(), hart});
    if (begins) {
      stat_writer_.begin_region(id, hart);
    } else {
      stat_writer_.end_region(id, hart);
    }
  };
  return {log_, guest_errors_, console, [this] { poll(); }, region_of_interest};
}

void Run::warn_about_program() const {
  const Logger log(log_, "elf_loader");
  if (program_.entry != machine_.config.l2.base) {
    log.warn("{}: harts start at the base of L2, 0x{:08X}, not at the entry point 0x{:08X}",
             program_.path, machine_.config.l2.base, program_.entry);
  }
  if (program_.has_compressed_code) {
    log.warn(
        "{}: linked with compressed (RVC) code, which is illegal here; build all of it with "
        "-march=rv32ima_zicsr_zifencei",
        program_.path);
  }
}

void Run::log_set_up() const {
  const Logger machine(log_, "soc");
  machine.info("{}", machine_.summary());
  const BootConfig& boot = machine_.config.boot;
  if (boot.mode == BootMode::kRom) {
    machine.child("boot_host").info("wakes all harts at cycle {}", boot.wake_up_cycle);
  } else {
    machine.child("cluster").info("all harts start in L2 at cycle 0");
  }
  const Logger loader(log_, "elf_loader");
  loader.info("{}: entry point 0x{:08X}, {} symbols", program_.path, program_.entry,
              program_.symbols.names().size());
  for (const ElfSegment& segment : program_.segments) {
    loader.info("segment {}: {} bytes at 0x{:08X}, {} of them from the file", segment.index,
                segment.memory_bytes, segment.address, segment.bytes.size());
  }
  for (const MemoryImage& image : images_) {
    loader.info("image: {} bytes at 0x{:08X}", image.bytes.size(), image.address);
  }
}

double Run::seconds_since(Clock::time_point start) const {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Run::poll() {
  if (gdb_ != nullptr) {
    gdb_->poll();
  }
  traces_.poll(soc_.now());
  stat_writer_.passed(soc_.now());
  if (signals_.is_interrupted()) {
    soc_.request_stop(RunEnd::kInterrupted);
  }
  const double halted = gdb_ == nullptr ? 0 : gdb_->halted_seconds();
  if (seconds_since(simulation_start_) - halted > options_.timeout_seconds) {
    soc_.request_stop(RunEnd::kTimeout);
  }
  observation_.poll();
  if (signals_.take_progress_request()) {
    progress_.clear_line();
    say("{}\n", progress_.line());
  }
  progress_.poll();
}

ExitCode Run::execute() {
  signals_.let_calls_end();
  simulation_start_ = Clock::now();
  dir_.remove_results();
  progress_.begin();
  if (gdb_ != nullptr) {
    gdb_->begin();
  }
  result_ = soc_.run(options_.limits);
  if (result_.end == RunEnd::kHang) {
    result_.message = observation_.hang_reason();
  }
  if (gdb_ != nullptr) {
    gdb_->show_end(result_, reason());
  }
  times_.simulate = seconds_since(simulation_start_);
  guest_errors_.finish();
  Logger(log_, "soc").info("end of the run at cycle {}: {}", result_.cycles, reason());
  log_->finish();
  if (!log_->is_file_whole()) {
    output_errors_.push_back(dir_.file("log.txt") + ": cannot write all of it");
  }
  write_results();
  progress_.finish(describe(result_).name, result_.cycles, exit_code());
  if (options_.verbosity != Verbosity::kQuiet) {
    print_summary();
  } else if (result_.end != RunEnd::kEndOfComputation) {
    say("tessera: {}\n", reason());
  }
  for (const std::string& line : traces_.full_ones()) {
    say("{}\n", line);
  }
  for (const std::string& error : output_errors_) {
    say("{}\n", error);
  }
  if (checks_.is_on()) {
    say("{}", checks_.report());
  }
  if (gdb_ != nullptr) {
    gdb_->finish(exit_code());
  }
  return exit_code();
}

ExitCode Run::exit_code() const {
  if (!output_errors_.empty()) {
    return kBadInput;
  }
  const ExitCode code = describe(result_).exit_code;
  return code == kGuestReturnedZero && checks_.num_findings() > 0 ? kCheckFailed : code;
}

void Run::try_to(const std::function<void()>& write) {
  try {
    write();
  } catch (const ConfigError& error) {
    output_errors_.push_back(error.what());
  }
}

void Run::write_results() {
  for (MemoryDump& dump : dumps_) {
    try_to([&] { dump.write(soc_.memory()); });
  }
  observation_.finish();
  try_to([this] { observation_.write_profile(program_.path); });
  const std::vector<std::string> problems = traces_.finish(result_.cycles);
  output_errors_.insert(output_errors_.end(), problems.begin(), problems.end());
  if (dir_.is_wanted()) {
    write_run_dir();
  }
}

void Run::write_run_dir() {
  const Clock::time_point begin = Clock::now();
  try_to([this] { dir_.write("config.yaml", machine_.tree.dump(true)); });
  try_to([this] { dir_.write("stats.json", stat_writer_.json()); });
  if (observation_.intervals() != nullptr) {
    try_to([this] { dir_.write("stats_intervals.csv", observation_.intervals()->csv()); });
  }
  times_.write = seconds_since(begin);
  try_to([this] { dir_.write("run.json", run_json()); });
}

std::string Run::run_json() const {
  const EndText end = describe(result_);
  nlohmann::ordered_json json{
      {"schema", "tessera-run"},
      {"schema_version", 1},
      {"command", options_.command},
      {"version", kVersion},
      {"git_hash", kGitHash},
      {"systemc", kSystemC},
      {"compiler", kCompiler},
      {"build_type", kBuildType},
      {"machine", machine_.config.name},
      {"elf", program_.path},
      {"inputs", describe_inputs(options_, machine_)},
      {"seed", machine_.config.seed},
      {"end", end.name},
      {"message", result_.message},
      {"where", where()},
      {"exit_code", static_cast<int>(exit_code())},
      {"output_errors", output_errors_},
      {"cycles", result_.cycles},
      {"instructions", result_.instructions},
      {"guest_errors", guest_errors_.total()},
      {"findings", checks_.num_findings()},
      {"host_seconds",
       {{"set_up", times_.set_up}, {"simulate", times_.simulate}, {"write", times_.write}}}};
  if (gdb_ != nullptr) {
    json["gdb"] = gdb_->transport().address();
  }
  // Without an end of computation the guest has returned nothing.
  json["guest_value"] = result_.end == RunEnd::kEndOfComputation
                            ? nlohmann::ordered_json(result_.guest_value)
                            : nlohmann::ordered_json();
  return json.dump(1) + "\n";
}

std::string Run::reason() const {
  const char* text = describe(result_).text;
  if (result_.end == RunEnd::kEndOfComputation) {
    return fmt::format("{}, guest returned {}", text, result_.guest_value);
  }
  return result_.message.empty() ? text : fmt::format("{}: {}", text, result_.message);
}

std::string Run::where() const {
  if (result_.end == RunEnd::kEndOfComputation) {
    return "";
  }
  const std::string devices = what_devices_do(soc_);
  return fmt::format("harts ({}):\n{}\n", count_activities(soc_), where_harts_are(soc_, places_)) +
         (devices.empty() ? "" : fmt::format("devices:\n{}\n", devices));
}

void Run::print_summary() const {
  say("{}", where());
  const double seconds = std::max(times_.simulate, 1e-9);
  const double microseconds =
      millions(result_.cycles * machine_.config.clock_period_ps());  // 10^6 ps per us
  say("exit          {}\n"
      "cycles        {} ({:.3f} us at {:g} MHz)\n"
      "instructions  {} by {} harts; guest errors: {}\n"
      "ipc per hart  {}\n"
      "host          {:.3f} s to set up, {:.3f} s to simulate: {:.1f} MIPS\n"
      "output        {}\n",
      reason(), result_.cycles, microseconds, static_cast<double>(machine_.config.clock_khz) / 1e3,
      result_.instructions, soc_.num_harts(), guest_errors_.total(),
      ipc_per_hart(soc_, result_.cycles), times_.set_up, times_.simulate,
      millions(result_.instructions) / seconds,
      dir_.is_wanted() ? dir_.text() : "none (--out DIR keeps run.json, stats.json, ...)");
}

}  // namespace tessera::app
