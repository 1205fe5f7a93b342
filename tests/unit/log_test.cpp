// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "models/base/error.h"
#include "models/base/log_sink.h"

namespace tessera {
namespace {

class LogTest : public ::testing::Test {
 protected:
  /// Runs `work` on a sink and returns what reached stderr; the file must hold the same.
  template <typename Work>
  std::string lines_of(const LogConfig& config, Work work) {
    const std::string path = ::testing::TempDir() + "/log_test.txt";
    ::testing::internal::CaptureStderr();
    {
      auto sink = std::make_shared<LogSink>(config);
      sink->write_to(path);
      work(sink);
      sink->finish();
    }
    const std::string text = ::testing::internal::GetCapturedStderr();
    std::ostringstream file;
    file << std::ifstream(path).rdbuf();
    EXPECT_EQ(file.str(), text);
    return text;
  }
};

TEST_F(LogTest, LineHasCycleTimeLevelAndName) {
  EXPECT_EQ(lines_of({},
                     [](const auto& sink) {
                       Logger log(sink, "soc.dma");
                       log.warn("before {}", 1);
                       sink->set_clock([] { return Cycles{12345}; }, 2000);
                       log.error("at {:#x}", 0x20);
                       sink->set_clock({}, 0);
                       log.child("queue").warn("after");
                     }),
            "[set-up] W soc.dma before 1\n"
            "[   12345cy 24.690us] E soc.dma at 0x20\n"
            "[set-up] W soc.dma.queue after\n");
}

TEST_F(LogTest, DefaultIsWarnings) {
  EXPECT_EQ(lines_of({},
                     [](const auto& sink) {
                       Logger log(sink, "soc");
                       log.info("quiet");
                       log.debug("quiet");
                       EXPECT_FALSE(log.is_enabled(LogLevel::kInfo));
                       EXPECT_TRUE(log.is_enabled(LogLevel::kWarn));
                     }),
            "");
}

TEST_F(LogTest, TheLongestMatchingPathDecides) {
  LogConfig config;
  config.filters = {{"soc.cluster", LogLevel::kDebug}, {"soc.cluster.hart[3]", LogLevel::kOff}};
  EXPECT_EQ(lines_of(config,
                     [](const auto& sink) {
                       Logger(sink, "soc.cluster").debug("a");
                       Logger(sink, "soc.cluster.hart[1]").debug("b");
                       Logger(sink, "soc.cluster.hart[3]").error("not this");
                       Logger(sink, "soc.cluster.hart[3].lsu").error("nor this");
                       Logger(sink, "soc.cluster2").debug("another subtree");
                       Logger(sink, "soc").debug("above");
                     }),
            "[set-up] D soc.cluster a\n[set-up] D soc.cluster.hart[1] b\n");
}

TEST_F(LogTest, TheSameWarningIsFoldedAfterFive) {
  const std::string text = lines_of({}, [](const auto& sink) {
    Logger log(sink, "soc.dma");
    for (int i = 0; i < 8; ++i) {
      log.warn("again");
    }
    for (int i = 0; i < 5; ++i) {
      Logger(sink, "soc.ita").warn("again");
    }
  });
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    expected += "[set-up] W soc.dma again\n";
  }
  for (int i = 0; i < 5; ++i) {
    expected += "[set-up] W soc.ita again\n";
  }
  EXPECT_EQ(text, expected + "[set-up] W soc.dma again (repeated 8 times)\n");
}

TEST_F(LogTest, BracesInTextAreNotFormatted) {
  EXPECT_EQ(lines_of({}, [](const auto& sink) { Logger(sink, "a").warn("{}", "{} {0}"); }),
            "[set-up] W a {} {0}\n");
}

TEST(Logger, WithoutASinkItSaysNothing) {
  Logger log;
  EXPECT_FALSE(log.is_enabled(LogLevel::kError));
  log.error("nowhere");
}

TEST(LogFilters, ParsedOrRefused) {
  const auto filter = std::get<LogFilter>(parse_log_filter("soc.cluster=debug"));
  EXPECT_EQ(filter.path, "soc.cluster");
  EXPECT_EQ(filter.level, LogLevel::kDebug);
  for (const char* text : {"soc", "soc=loud", "=debug", ""}) {
    EXPECT_EQ(std::get<std::string>(parse_log_filter(text)),
              "expected PATH=LEVEL with a level of trace, debug, info, warn, error, off, got '" +
                  std::string(text) + "'");
  }
}

TEST(LogSinkFile, ThatCannotBeWrittenIsTheUsersMistake) {
  EXPECT_THROW(LogSink({}).write_to("/proc/no/such/log.txt"), ConfigError);
}

}  // namespace
}  // namespace tessera
