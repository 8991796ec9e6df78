// SPDX-License-Identifier: BSL-1.0
// The lists inside packets (SUBSCRIBE, SUBACK, UNSUBSCRIBE): a caller's array when writing, a validated
// run of wire bytes when reading, so that the struct that is decoded is the struct that is encoded.
#ifndef HUBWIRE_WIRE_LIST_VIEW_HPP
#define HUBWIRE_WIRE_LIST_VIEW_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <hubwire/core/reader.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/text.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

template <class Range>
inline constexpr bool is_span = false;
template <class Element, std::size_t Extent>
inline constexpr bool is_span<std::span<Element, Extent>> = true;

// A container or array of elements, as opposed to a view of them.
template <class Range, class Element>
concept lends_span_of =
    std::is_convertible_v<Range&, std::span<Element>> && !is_span<std::remove_cv_t<Range>>;

}  // namespace detail

/// A view of elements. What it points to stays the caller's (writing) or the frame's (reading). An element
/// type T has these functions, found by argument-dependent lookup:
///   write_element(Out&, T), see wire/body.hpp; read_element(reader<Policy>&, std::type_identity<T>) -> T.
template <class T>
class list_view {
 public:
  constexpr list_view() noexcept = default;
  constexpr list_view(std::span<T const> items) noexcept : items_(items.data()), size_(items.size()) {}
  /// Takes a writable span, or one of fixed extent; also a temporary one, which is a view itself.
  template <class Element, std::size_t Extent>
  requires std::is_same_v<std::remove_const_t<Element>, T>
  constexpr list_view(std::span<Element, Extent> items) noexcept : list_view(std::span<T const>(items)) {}
  /// Takes arrays that outlive the view. A temporary would not, so it is refused.
  template <detail::lends_span_of<T const> Range>
  constexpr list_view(Range& items) noexcept : list_view(std::span<T const>(items)) {}
  template <detail::lends_span_of<T const> Range>
  list_view(Range const&& items) = delete;

  /// For decoders only: wire holds count elements that were read successfully once.
  HUBWIRE_SMALLER_INLINE static constexpr list_view trusted(std::string_view wire,
                                                            std::size_t count) noexcept {
    return list_view(trust{}, wire, count);
  }

  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }

  /// The caller's elements, and the bytes of elements that were received: one of the two is empty.
  constexpr std::span<T const> items() const noexcept { return {items_, items_ == nullptr ? 0 : size_}; }
  constexpr std::string_view wire() const noexcept { return wire_; }

  /// Yields T by value; iterating cannot fail.
  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    HUBWIRE_SMALLER_INLINE constexpr T operator*() const noexcept {
      if (item_ != nullptr) return *item_;
      HUBWIRE_ASSERT(!wire_.empty());  // not at the end
      reader<detail::proven> in(wire_);
      return read_element(in, std::type_identity<T>{});
    }
    HUBWIRE_SMALLER_INLINE constexpr iterator& operator++() noexcept {
      if (item_ != nullptr) {
        ++item_;
      } else {
        reader<detail::proven> in(wire_);
        static_cast<void>(read_element(in, std::type_identity<T>{}));
        wire_ = in.rest();
      }
      ++index_;
      return *this;
    }
    constexpr iterator operator++(int) noexcept {
      iterator const before = *this;
      ++*this;
      return before;
    }
    HUBWIRE_SMALLER_INLINE friend constexpr bool operator==(iterator const& a, iterator const& b) noexcept {
      return a.index_ == b.index_;
    }

   private:
    friend class list_view;
    T const* item_ = nullptr;
    std::string_view wire_{};
    std::size_t index_ = 0;
  };

  HUBWIRE_SMALLER_INLINE constexpr iterator begin() const noexcept {
    iterator first;
    first.item_ = items_;
    first.wire_ = wire_;
    return first;
  }
  HUBWIRE_SMALLER_INLINE constexpr iterator end() const noexcept {
    iterator last;
    last.index_ = size_;
    return last;
  }

 private:
  struct trust {};
  HUBWIRE_SMALLER_INLINE constexpr list_view(trust, std::string_view wire, std::size_t count) noexcept
      : wire_(wire), size_(count) {}

  // INVARIANT: items_ points to size_ elements, or is null and wire_ holds size_ well-formed ones.
  T const* items_ = nullptr;
  std::string_view wire_{};
  std::size_t size_ = 0;
};

namespace detail {

// Writes a packet identifier and the list. The list has to have elements.
template <class Out, class T>
HUBWIRE_SMALLER_INLINE constexpr void write_list(Out& out, packet_id id, list_view<T> const& list) noexcept {
  out.refuse_if(list.empty() || id.number() == 0);
  out.u16(id.number());
  if (!list.wire().empty()) return out.raw(list.wire());  // as it came
  for (T const& item : list.items()) write_element(out, item);
}

// Reads elements up to the end of the packet, at least one.
template <class T, class Policy>
HUBWIRE_SMALLER_INLINE constexpr list_view<T> read_list(reader<Policy>& in) noexcept {
  std::string_view all = in.unread();
  std::size_t count = 0;
  do {
    static_cast<void>(read_element(in, std::type_identity<T>{}));
    ++count;
    if (in.failed()) return {};
  } while (!in.empty());
  return list_view<T>::trusted(all, count);
}

}  // namespace detail

}}  // namespace hubwire

#endif
