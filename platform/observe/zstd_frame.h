// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tessera {

/// Two lower-case hexadecimal digits for each of the `count` bytes before `end`, the last one
/// first.
void write_digits(const std::uint8_t* end, std::size_t count, char* text);

/// Text with hexadecimal numbers in it, of which only the numbers change.
class NumberedText {
 public:
  /// What comes before some place in it.
  struct Part {
    std::uint32_t length = 0;
    std::uint32_t num_numbers = 0;
    std::uint32_t num_bytes = 0;  ///< of the numbers' values
  };

  void add_text(std::size_t length) { end_.length += static_cast<std::uint32_t>(length); }
  /// Of 2, 4 or 8 digits. REQUIRES: behind 3 to 65530 characters of text.
  void add_number(unsigned digits);
  const Part& end() const { return end_; }

 private:
  friend class ZstdFrame;
  /// How many digits of a number may have changed: the last 2, 4 or 8.
  static constexpr unsigned kNumWidths = 3;
  struct Number {
    std::uint32_t begin;
    std::uint8_t digits;
    /// How the format has the text between the number before and so many digits of this one: the
    /// number of bits, and above it the bits.
    std::array<std::uint32_t, kNumWidths> text_before;
  };
  std::vector<Number> numbers_;
  Part end_;
};

/// Writes zstd frames (RFC 8878) of text that repeats itself but for hexadecimal numbers, where the
/// caller knows what repeats: nothing is searched, and hardly anything computed. That is since
/// - only digits are not repeated, and all of them get Huffman codes of four bits, which are their
///   values: a number's compressed form is the number;
/// - codes of lengths and distances all have the same probability, so that the entropy coder's
///   states are plain numbers that do not depend on each other, and what lies between two numbers
///   has a fixed form.
class ZstdFrame {
 public:
  static constexpr std::uint32_t kMaxDistance = 1u << 23;

  ZstdFrame();
  /// What follows goes to the end of `out`.
  void begin(std::vector<char>& out);
  /// New text, up to 128 KiB. It is not compressed.
  void add_text(std::string_view text);
  /// The `length` characters, up to 128 Ki, that stand `distance` before. Where the distance
  /// changes or a number comes next, at least 3 must have been repeated in one piece.
  void repeat(std::uint32_t distance, std::uint32_t length);
  /// Two lower-case digits for each of the `count` bytes, the last one first. No more than 15
  /// digits may follow each other.
  void add_number(const std::uint8_t* bytes, std::size_t count);
  /// What `text` has from `begin` to `end`, and what stands `distance` before with other numbers.
  /// Their values there and here end at `old_end` and `new_end`, the first one last; 3 bytes before
  /// them can be read.
  void repeat(std::uint32_t distance, const NumberedText& text, const NumberedText::Part& begin,
              const NumberedText::Part& end, const std::uint8_t* old_end,
              const std::uint8_t* new_end);
  /// Completes the frame, behind `text`.
  void end(std::string_view text);
  /// Characters in the frame.
  std::uint32_t size() const { return size_; }

 private:
  friend class NumberedText;
  static constexpr std::size_t kSlack = 16;  ///< bytes around streams that whole words may reach
  struct Bits {
    std::uint64_t value;
    unsigned count;
  };
  /// Bits that are read in the order of their arrival, but from a stream's end, so that they are
  /// written downwards.
  class BitStack {
   public:
    /// Where the next bits go. To be copied where many of them come one after the other.
    class Cursor {
     public:
      /// REQUIRES: up to 56 bits.
      void push(std::uint64_t bits, unsigned count);

     private:
      friend class BitStack;
      std::uint8_t* next_ = nullptr;  ///< lowest byte that is written
      std::uint64_t word_ = 0;        ///< what comes below, from its highest bit on
      unsigned num_free_ = 64;        ///< bits of word_; at least 57
    };

    explicit BitStack(std::size_t max_bytes);
    void clear();
    std::size_t num_bytes() const { return static_cast<std::size_t>(end() - cursor.next_); }
    std::uint8_t* end() { return memory_.data() + memory_.size() - kSlack; }
    const std::uint8_t* end() const { return memory_.data() + memory_.size() - kSlack; }
    const std::uint8_t* begin() const { return cursor.next_ - 1; }
    /// How many of the first bits there do not count.
    unsigned num_unused() const { return cursor.num_free_ - 56; }

    Cursor cursor;

   private:
    std::vector<std::uint8_t> memory_;
  };

  /// What is repeated, behind digits.
  static Bits repetition(std::uint32_t offset_value, std::uint32_t length);

  void set_distance(std::uint32_t distance);
  void extend_repeat(std::uint32_t length);
  void end_sequence();
  /// Ends the block if it has no room for `length` characters.
  void make_room(std::uint32_t length);
  void end_block();
  void put_text(std::string_view text, bool is_last);
  void put_literals();
  void put_sequences();
  std::size_t put(std::uint64_t value, std::size_t num_bytes);
  void put(std::string_view bytes);
  /// Bits [first, end) of `bytes`, as a stream that is read from its end.
  void put_stream(const std::uint8_t* bytes, std::size_t first, std::size_t end);
  /// Overwrites what put() has put at `at`.
  void patch(std::size_t at, std::uint64_t value, std::size_t num_bytes);
  std::uint8_t* digits_end();
  std::size_t num_digit_bytes() { return static_cast<std::size_t>(digits_end() - digits_); }

  std::vector<char>* out_ = nullptr;
  std::size_t begin_ = 0;   ///< of the frame in out_
  std::uint32_t size_ = 0;  ///< of its text
  // The block under way.
  std::uint32_t block_size_ = 0;  ///< of its text
  std::uint32_t num_sequences_ = 0;
  std::vector<std::uint8_t> digits_memory_;  ///< written downwards, two digits in a byte
  std::uint8_t* digits_;                     ///< the latest
  BitStack sequences_;
  // The sequence under way.
  std::uint32_t num_digits_ = 0;
  std::uint32_t length_ = 0;
  std::uint32_t distance_ = 0;
  bool is_distance_new_ = true;  ///< the format has no short name for it here
  // Whether the frame has them already.
  bool has_weights_ = false;
  bool has_codes_ = false;
};

}  // namespace tessera
