// SPDX-License-Identifier: Apache-2.0
#include "platform/app/cli.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/text.h"
#include "platform/app/cli_values.h"
#include "platform/app/commands.h"
#include "platform/app/exit_code.h"
#include "platform/app/observation_options.h"
#include "platform/app/options.h"
#include "platform/app/run.h"
#include "platform/app/say.h"
#include "platform/app/signals.h"
#include "platform/app/traffic_cli.h"

namespace tessera::app {

namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 guest returned 0, 1 guest returned another value, 2 bad command line,\n"
    "3 bad configuration, ELF or image, or output that cannot be written, 4 stopped at a guest\n"
    "error, 5 limit reached, 6 hang, 7 internal error, 8 findings of --check,\n"
    "130 interrupted.\n";

// Options that cannot change a result, and those recorded as settings or by what the files hold.
const std::vector<std::string> kRunOptionsWithoutEffect{
    "elf",         "--config",      "--set",
    "--seed",      "--timing",      "--load",
    "--dump",      "--timeout",     "--expected-cycles",
    "--out",       "--force",       "--log",
    "--quiet",     "--verbose",     "--gdb",
    "--gdb-harts", "--gdb-handover"};
const std::vector<std::string> kTrafficOptionsWithoutEffect{"--config", "--set", "--seed",
                                                            "--trace",  "--out", "--force"};

/// "roi:REGION", "roi_end:REGION", "cycle:N" or "symbol:NAME".
SwitchOption read_switch(TimingMode mode, const std::string& text) {
  using When = TimingSwitch::When;
  const auto fields = split_colons(text, 2);
  if (!fields.empty() && fields[0] == "cycle") {
    return {{mode, When::kCycle, to_number("--at", fields[1])}, ""};
  }
  for (const auto& [name, when] : {std::pair{"roi", When::kRegionBegin},
                                   {"roi_end", When::kRegionEnd},
                                   {"symbol", When::kPc}}) {
    if (!fields.empty() && fields[0] == name) {
      return {{mode, when, 0}, fields[1]};
    }
  }
  throw UsageError(fmt::format(
      "--at: expected roi:REGION, roi_end:REGION, cycle:N or symbol:NAME, got '{}'", text));
}

void add_timing_options(CLI::App& app, RunOptions& options) {
  add_value(
      app, "--timing", "functional|cycle", "timing mode of the start (soc.timing)",
      [&](const std::string& text) { options.config.settings.push_back("soc.timing=" + text); })
      ->check(CLI::IsMember({"functional", "cycle"}).description(""));
  app.add_option("--switch-to", options.switch_modes, "change the timing mode; --at says when")
      ->type_name("functional|cycle")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"functional", "cycle"}).description(""));
  app.add_option("--at", options.switch_places,
                 "when: a region of interest begins or ends, a cycle comes, a hart is at a symbol; "
                 "the n-th --at goes with the n-th --switch-to")
      ->type_name("roi:REGION|roi_end:REGION|cycle:N|symbol:NAME")
      ->allow_extra_args(false);
}

std::vector<SwitchOption> read_switches(const RunOptions& options) {
  if (options.switch_modes.size() != options.switch_places.size()) {
    throw UsageError(fmt::format("{} --switch-to and {} --at: each needs the other",
                                 options.switch_modes.size(), options.switch_places.size()));
  }
  std::vector<SwitchOption> switches;
  for (std::size_t i = 0; i < options.switch_modes.size(); ++i) {
    const bool is_cycle = options.switch_modes[i] == "cycle";
    switches.push_back(read_switch(is_cycle ? TimingMode::kCycle : TimingMode::kFunctional,
                                   options.switch_places[i]));
  }
  return switches;
}

void add_limit_options(CLI::App& app, RunOptions& options) {
  add_value(app, "--max-cycles", "N", "stop after this many cycles", [&](const std::string& text) {
    options.limits.max_cycles = to_number("--max-cycles", text);
  });
  add_value(app, "--max-instructions", "N",
            "stop after this many instructions of all harts, and up to a quantum more of each",
            [&](const std::string& text) {
              options.limits.max_instructions = to_number("--max-instructions", text);
            });
  app.add_option("--timeout", options.timeout_seconds, "stop after this much wall time")
      ->type_name("SECONDS")
      ->check(
          [](const std::string& text) {
            double seconds = 0;
            return CLI::detail::lexical_cast(text, seconds) && seconds > 0
                       ? ""
                       : fmt::format("expected seconds above 0, got '{}'", text);
          },
          "", "");
  add_value(app, "--expected-cycles", "N", "what progress calls 100 %; --max-cycles unless given",
            [&](const std::string& text) {
              options.expected_cycles = to_positive("--expected-cycles", text);
            });
  add_value(app, "--guest-errors", "warn|stop",
            "warn: count and go on as the hardware does; stop: end the run at the first",
            [&](const std::string& text) {
              options.guest_errors =
                  text == "stop" ? GuestErrorPolicy::kStop : GuestErrorPolicy::kWarn;
            })
      ->check(CLI::IsMember({"warn", "stop"}).description(""));
  add_seed_option(app, options.config);
}

void add_memory_options(CLI::App& app, RunOptions& options) {
  add_value(app, "--load", "ADDR:FILE",
            "copy a file into memory before the run; ADDR: a number or a symbol",
            [&](const std::string& text) {
              const auto fields = split_colons(text, 2);
              if (fields.empty()) {
                throw UsageError(fmt::format("--load: expected ADDR:FILE, got '{}'", text));
              }
              options.loads.push_back({fields[0], fields[1]});
            });
  add_value(app, "--dump", "ADDR:SIZE:FILE", "copy memory to a file when the run has ended",
            [&](const std::string& text) {
              const auto fields = split_colons(text, 3);
              if (fields.empty()) {
                throw UsageError(fmt::format("--dump: expected ADDR:SIZE:FILE, got '{}'", text));
              }
              options.dumps.push_back({fields[0], to_number("--dump", fields[1]), fields[2]});
            });
}

void add_output_options(CLI::App& app, RunOptions& options) {
  add_folder(app, "-o,--out",
             "folder for run.json, stats.json, config.yaml, log.txt; without it none is written",
             options.out_dir);
  app.add_flag("--force", options.overwrite, "write into a folder that is not empty");
  add_value(app, "--log", "PATH=LEVEL",
            "log level below a path: trace, debug, info, warn, error, off",
            [&](const std::string& text) {
              const auto parsed = parse_log_filter(text);
              if (const auto* problem = std::get_if<std::string>(&parsed)) {
                throw UsageError("--log: " + *problem);
              }
              options.log_filters.push_back(std::get<LogFilter>(parsed));
            });
  CLI::Option* quiet = app.add_flag_callback(
      "-q,--quiet", [&] { options.verbosity = Verbosity::kQuiet; }, "errors only, no summary");
  app.add_flag_callback(
         "-v,--verbose", [&] { options.verbosity = Verbosity::kVerbose; }, "log level info")
      ->excludes(quiet);
}

/// Names and values, as given, of the options of a command but those in `excluded`.
auto given_options(const CLI::App& app, const std::vector<std::string>& excluded) {
  std::vector<std::pair<std::string, std::vector<std::string>>> given;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() > 0 &&
        std::find(excluded.begin(), excluded.end(), name) == excluded.end()) {
      given.emplace_back(name, option->results());
    }
  }
  return given;
}

/// The nearest spelling; else the options that have the first letters of `word`, an abbreviation.
std::string nearest_option(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest_spelling(word, known);
  constexpr std::size_t kLeastLetters = 5;  // two of them dashes
  std::vector<std::string> longer;
  for (std::size_t letters = word.size(); letters >= kLeastLetters && longer.empty(); --letters) {
    std::copy_if(known.begin(), known.end(), std::back_inserter(longer),
                 [&](const std::string& option) {
                   return option.compare(0, letters, word, 0, letters) == 0;
                 });
  }
  return near.empty() ? join(longer, "' or '") : near;
}

int run(RunOptions options, int argc, const char* const* argv) {
  options.command.assign(argv, argv + argc);
  options.switches = read_switches(options);
  if (options.observation.stats_interval > 0 && options.out_dir.empty()) {
    throw UsageError("--stats-interval: needs --out, where its file goes");
  }
  if (options.observation.log_begin >= options.observation.log_end) {
    throw UsageError(fmt::format("--log-start {} --log-end {}: no cycle is in between",
                                 options.observation.log_begin, options.observation.log_end));
  }
  if (options.expected_cycles == 0 && options.limits.max_cycles != RunLimits::kNone) {
    options.expected_cycles = options.limits.max_cycles;
  }
  return Run(options).execute();
}

/// The command line: one object holds the parser and what it fills.
class CommandLine {
 public:
  CommandLine(int argc, const char* const* argv) : argc_(argc), argv_(argv) {
    app_.require_subcommand(1);
    app_.footer(kExitCodes);
    app_.set_version_flag("--version", version());
    add_run();
    add_traffic();
    add("check", "Validate a configuration, and a program for it, without simulating",
        [this] { return check(run_.config, run_.elf); })
        .add_option("elf", run_.elf, "program")
        ->type_name("ELF");
    add("dump-config", "Print the resolved configuration: value, unit, origin and meaning",
        [this] { return dump_config(run_.config); });
    add("map", "Print the memory map", [this] { return map(run_.config); });
    add("list", "List what there is", [this] { return list(run_.config, topic_); })
        .add_option("topic", topic_, "what to list")
        ->type_name(join(kListTopics, "|"))
        ->required()
        ->check(CLI::IsMember(kListTopics).description(""));
  }

  int execute() {
    try {
      app_.parse(argc_, argv_);
      return action_();
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) {  // --help, --version: text on stdout
        return app_.exit(error);
      }
      const std::vector<std::string> extras = app_.remaining(true);
      const bool is_unexpected = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
      throw UsageError((is_unexpected
                            ? fmt::format("The following argument{} not expected: {}",
                                          extras.size() == 1 ? " was" : "s were", join(extras, " "))
                            : error.what()) +
                       (extras.empty() ? "" : suggestion(extras)));
    }
  }

 private:
  void add_run() {
    CLI::App& app = *app_.add_subcommand("run", "Run a program on the machine");
    app.footer(kExitCodes);
    add_config_options(app, run_.config);
    app.add_option("elf", run_.elf, "program: a 32-bit RISC-V executable")
        ->type_name("ELF")
        ->required();
    add_memory_options(app, run_);
    add_timing_options(app, run_);
    add_limit_options(app, run_);
    add_output_options(app, run_);
    add_trace_options(app, run_.traces);
    add_gdb_options(app, run_.gdb);
    add_observation_options(app, run_.observation);
    add_check_options(app, run_.checks);
    app.final_callback([this, &app] {
      run_.config.others = given_options(app, kRunOptionsWithoutEffect);
      action_ = [this] { return run(run_, argc_, argv_); };
    });
  }
  void add_traffic() {
    CLI::App& app = add(
        "traffic", "Measure the L1 network with a traffic generator in place of the harts", [this] {
          traffic_.command.assign(argv_, argv_ + argc_);
          run_.config.others =
              given_options(*app_.get_subcommand("traffic"), kTrafficOptionsWithoutEffect);
          return traffic(run_.config, traffic_);
        });
    add_seed_option(app, run_.config);
    add_traffic_options(app, traffic_);
  }
  /// A subcommand that prints `text` of a configuration.
  CLI::App& add(const std::string& name, const std::string& help,
                const std::function<std::string()>& text) {
    CLI::App& app = *app_.add_subcommand(name, help);
    add_config_options(app, run_.config);
    app.final_callback([this, text] {
      action_ = [text] {
        if (std::fputs(text().c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
          throw ConfigError("stdout", "cannot write");
        }
        return 0;
      };
    });
    return app;
  }
  /// "; did you mean '--max-cycles'?" about a word that nobody expected.
  std::string suggestion(const std::vector<std::string>& extras) const {
    const auto is_option = [](const std::string& word) { return word.front() == '-'; };
    const auto option = std::find_if(extras.begin(), extras.end(), is_option);
    const std::string& word = option == extras.end() ? extras.front() : *option;
    const CLI::App* app = app_.get_subcommands().empty() ? &app_ : app_.get_subcommands().front();
    std::vector<std::string> known;
    for (const CLI::Option* each : app->get_options()) {
      known.push_back(each->get_name());
    }
    for (const CLI::App* each : app->get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(each->get_name());
    }
    const std::string near = nearest_option(word, known);
    return near.empty() ? "" : fmt::format("; did you mean '{}', not '{}'?", near, word);
  }

  CLI::App app_{"Virtual platform of a many-core RISC-V SoC for transformers", "tessera"};
  RunOptions run_;
  TrafficOptions traffic_;
  std::string topic_;
  std::function<int()> action_;
  int argc_;
  const char* const* argv_;
};

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  try {
    return CommandLine(argc, argv).execute();
  } catch (const UsageError& error) {
    say("tessera: {}\n", error.what());
    return kBadCommandLine;
  } catch (const ConfigError& error) {
    say("{}\n", error.what());
    return Signals::is_interrupted() ? kInterrupted : kBadInput;
  } catch (const std::exception& error) {
    say("internal error: {}\n", error.what());
    return kInternalError;
  }
}

}  // namespace tessera::app
