// SPDX-License-Identifier: Apache-2.0
// That libzstd finds in a frame what was put there.
#include "platform/observe/zstd_frame.h"

#include <algorithm>
#include <array>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/base/error.h"
#include "tests/unit/observe/zstd_text.h"

namespace tessera {
namespace {

using test::decompressed;

/// A frame, and beside it the text that it should hold.
class Writer {
 public:
  Writer() { frame_.begin(bytes_); }

  void add_text(const std::string& text) {
    frame_.add_text(text);
    text_ += text;
  }
  void repeat(std::size_t distance, std::size_t length) {
    frame_.repeat(static_cast<std::uint32_t>(distance), static_cast<std::uint32_t>(length));
    for (std::size_t i = 0; i < length; ++i) {  // it may overlap itself
      text_ += text_[text_.size() - distance];
    }
  }
  void add_number(std::uint32_t value, std::size_t num_bytes) {
    frame_.add_number(reinterpret_cast<const std::uint8_t*>(&value), num_bytes);
    text_ += fmt::format("{:08x}", value).substr(8 - 2 * num_bytes);
  }
  void expect_the_text(const std::string& end) {
    frame_.end(end);
    text_ += end;
    EXPECT_EQ(frame_.size(), text_.size());
    EXPECT_EQ(ZSTD_getFrameContentSize(bytes_.data(), bytes_.size()), text_.size());
    EXPECT_TRUE(decompressed(bytes_) == text_);
  }
  std::size_t size() const { return text_.size(); }
  ZstdFrame& frame() { return frame_; }
  std::string& text() { return text_; }
  std::size_t num_bytes() const { return bytes_.size(); }

 private:
  ZstdFrame frame_;
  std::vector<char> bytes_;
  std::string text_;
};

TEST(ZstdFrame, MayBeEmpty) {
  Writer().expect_the_text("");
  Writer().expect_the_text("some text");
}

TEST(ZstdFrame, HoldsRepeatsOfAllLengths) {
  Writer writer;
  writer.add_text("What is repeated: 0123456789abcdef. ");
  for (std::size_t length = 3; length < 1200; ++length) {
    writer.repeat(1 + length % 36, length);
  }
  for (std::size_t length = 1200; length <= 1u << 17; length += 997) {
    writer.repeat(35, length);
    writer.repeat(36, length);
  }
  for (std::size_t length = 65530; length < 65550; ++length) {
    writer.repeat(35, length);
    writer.add_number(1, 1);
  }
  writer.repeat(35, 3);
  writer.expect_the_text("end");
}

TEST(ZstdFrame, HoldsRepeatsInPieces) {
  Writer writer;
  writer.add_text("abc");
  for (int i = 0; i < 300'000; ++i) {  // longer than any block or single match
    writer.repeat(3, 1);
  }
  writer.expect_the_text("");
  EXPECT_LT(writer.num_bytes(), 400u);
}

TEST(ZstdFrame, HoldsDistancesUpToTheLargest) {
  Writer writer;
  writer.add_text("The first words.");
  while (writer.size() < ZstdFrame::kMaxDistance) {
    writer.repeat(16, std::min<std::size_t>(1u << 15, ZstdFrame::kMaxDistance - writer.size()));
  }
  for (std::size_t distance = ZstdFrame::kMaxDistance; distance > 1; distance /= 2) {
    writer.repeat(distance, 3);
    writer.repeat(distance - 1, 3);
  }
  writer.expect_the_text("");
}

TEST(ZstdFrame, HoldsAnyNumberOfDigits) {
  // Raw and compressed, with streams that begin and end within bytes.
  for (unsigned count = 0; count < 600; count += count < 200 ? 1 : 37) {
    Writer writer;
    writer.add_text(" = ");
    for (unsigned i = 0; i < count; ++i) {
      writer.add_number(0x12345678u * i, 1u << i % 3 % (count % 3 + 1));
      writer.repeat(writer.size(), 3);
    }
    SCOPED_TRACE(count);
    writer.expect_the_text("");
  }
}

TEST(ZstdFrame, HoldsWhatIsPutThereAtRandom) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Writer writer;
    writer.add_text("0x");
    writer.add_text("abcdefghij");
    for (std::uint64_t i = 0; i < 2000 * (seed % 5 + 1); ++i) {
      const std::uint64_t kind = random() % 16;
      if (kind == 0 && seed % 2 == 0) {
        writer.add_text(std::string(random() % 100, static_cast<char>('A' + random() % 26)));
      }
      if (kind < 10) {
        writer.add_number(static_cast<std::uint32_t>(random()), 1u << random() % 3);
      }
      writer.repeat(1 + random() % std::min<std::size_t>(writer.size(), 1u << random() % 24),
                    3 + (random() % (1u << random() % 12)));
    }
    writer.expect_the_text("end");
  }
}

TEST(ZstdFrame, RepeatsNumberedTextWithOtherNumbers) {
  const std::array<unsigned, 6> num_digits = {8, 2, 4, 8, 4, 2};
  NumberedText numbered;
  std::vector<NumberedText::Part> parts;
  for (const unsigned digits : num_digits) {
    numbered.add_text(5);
    numbered.add_number(digits);
    parts.push_back(numbered.end());
    numbered.add_text(40);
    parts.push_back(numbered.end());
  }
  std::mt19937_64 random(1);
  std::array<std::array<std::uint8_t, 4 + 14>, 2> values{};  // old, new
  const auto text_of = [&](const std::array<std::uint8_t, 18>& bytes) {
    std::string text;
    const std::uint8_t* next = bytes.data() + bytes.size();
    for (const unsigned digits : num_digits) {
      text += "  = 0";
      for (unsigned digit = 0; digit < digits; digit += 2) {
        text += fmt::format("{:02x}", *--next);
      }
      text += std::string(40, '.');
    }
    return text;
  };
  Writer writer;
  writer.add_text("  = 0" + text_of(values[0]).substr(5));
  std::size_t last = 0;
  for (int i = 0; i < 5000; ++i) {
    values[1] = values[0];
    for (std::size_t byte = 4; byte < values[1].size(); ++byte) {
      if (random() % 4 == 0) {
        values[1][byte] = static_cast<std::uint8_t>(random() >> random() % 64);
      }
    }
    const NumberedText::Part& part = random() % 8 == 0 ? parts[random() % 12] : parts.back();
    const std::size_t begin = writer.size();
    writer.frame().repeat(static_cast<std::uint32_t>(begin - last), numbered, {}, part,
                          values[0].data() + 18, values[1].data() + 18);
    writer.text() += text_of(values[1]).substr(0, part.length);
    if (part.length == parts.back().length) {
      last = begin;
      values[0] = values[1];
    }
    if (random() % 16 == 0) {
      writer.repeat(50, 5);
    }
  }
  writer.expect_the_text("");
}

TEST(ZstdFrame, RefusesRepeatsThatTheFormatCannotSay) {
  Writer writer;
  writer.add_text("abcdef");
  writer.repeat(6, 2);
  EXPECT_EXIT(writer.repeat(5, 3), ::testing::ExitedWithCode(7), "2 characters repeated");
}

}  // namespace
}  // namespace tessera
