#include "shared/address.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace skerry;

TEST_CASE("addresses and their text") {
  struct Case {
    std::string_view given, text;
    bool v4 = false;
  };
  for (const auto& [given, text, v4] : {
           Case{"192.0.2.1", "192.0.2.1", true},
           {"0.0.0.0", "0.0.0.0", true},
           {"255.255.255.255", "255.255.255.255", true},
           {"::", "::"},
           {"::1", "::1"},
           {"1::", "1::"},
           {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
           {"2001:db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},  // the first of two equal runs
           {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},                          // the longer one
           {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},                 // one group is not shortened
           {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
           {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
           {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
           {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
           {"::ffff:192.0.2.1", "192.0.2.1", true},
           {"::FFFF:c000:201", "192.0.2.1", true},
           {"0:0:0:0:0:ffff:c000:0201", "192.0.2.1", true},
           {"::ffff:0:0", "0.0.0.0", true},
           {"::fffe:192.0.2.1", "::fffe:c000:201"},
           {"::ffff:0:192.0.2.1", "::ffff:0:c000:201"},
           {"::192.0.2.1", "::c000:201"},
           {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
           {"1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"},
           {"fe80::a:b", "fe80::a:b"},
       }) {
    CAPTURE(std::string(given));
    const auto address = Address::parse(given);
    REQUIRE(address);
    CHECK(address->text() == text);
    CHECK(address->is_v4() == v4);
    CHECK(Address::parse(address->text()) == address);
    CHECK(Address::parse_hop(given) == address);
  }
}

TEST_CASE("what is no address") {
  const std::string long_zeros = std::string(1'000, '0') + ".0.0.1";
  const std::string colons(1'000, ':');
  for (const std::string_view given : std::initializer_list<std::string_view>{"",
                                                                              " ",
                                                                              ".",
                                                                              ":",
                                                                              ":::",
                                                                              "1",
                                                                              "1.2.3",
                                                                              "1.2.3.4.5",
                                                                              "1.2.3.",
                                                                              ".1.2.3",
                                                                              "1..2.3",
                                                                              "256.0.0.1",
                                                                              "01.2.3.4",
                                                                              "00.0.0.0",
                                                                              "1.2.3.0x4",
                                                                              "1.2.3.+4",
                                                                              "1.2.3.-4",
                                                                              "1.2.3.4 ",
                                                                              " 1.2.3.4",
                                                                              "1.2.3.4\n",
                                                                              "99999999999.0.0.1",
                                                                              "1.2.3.4/24",
                                                                              "localhost",
                                                                              "garbage",
                                                                              "unknown",
                                                                              "_hidden",
                                                                              "1:2:3:4:5:6:7",
                                                                              "1:2:3:4:5:6:7:8:9",
                                                                              "::1:2:3:4:5:6:7:8",
                                                                              "1:2:3:4:5:6:7:8::",
                                                                              "1::2::3",
                                                                              ":1",
                                                                              "1:",
                                                                              "1:::2",
                                                                              "::12345",
                                                                              "::g",
                                                                              "::1%eth0",
                                                                              "[::1]:x",
                                                                              "::1.2.3",
                                                                              "::1.2.3.4:5",
                                                                              "1:2:3:4:5:6:7:1.2.3.4",
                                                                              "::1.2.3.256",
                                                                              "::a.2.3.4",
                                                                              "\xff::1",
                                                                              std::string_view("::1\0", 4),
                                                                              long_zeros,
                                                                              colons}) {
    CAPTURE(std::string(given));
    CHECK_FALSE(Address::parse(given));
    CHECK_FALSE(Address::parse_hop(given));
  }
}

TEST_CASE("a hop may have a port") {
  struct Case {
    std::string_view given;
    std::string text;  // empty: none
  };
  for (const auto& [given, text] : {
           Case{"192.0.2.1:443", "192.0.2.1"},
           {"192.0.2.1:65535", "192.0.2.1"},
           {"[2001:db8::1]", "2001:db8::1"},
           {"[2001:db8::1]:0", "2001:db8::1"},
           {"192.0.2.1:", ""},
           {"192.0.2.1:65536", ""},
           {"192.0.2.1:x", ""},
           {"[192.0.2.1]", ""},
           {"[::1", ""},
           {"::1]", ""},
           {"[::1]1", ""},
           {"[]", ""},
           {"[[::1]]", ""},
       }) {
    CAPTURE(std::string(given));
    CHECK_FALSE(Address::parse(given));
    const auto address = Address::parse_hop(given);
    CHECK((address ? address->text() : "") == text);
  }
}

TEST_CASE("what is left of an anonymised address") {
  struct Case {
    std::string_view given, kept;
  };
  for (const auto& [given, kept] : {
           Case{"192.0.2.255", "192.0.2.0"},
           {"::ffff:192.0.2.255", "192.0.2.0"},
           {"2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
           {"::1", "::"},
       }) {
    CAPTURE(std::string(given));
    CHECK(Address::parse(given)->anonymised().text() == kept);
  }
}

TEST_CASE("prefixes") {
  struct Case {
    std::string_view prefix, address;
    bool inside;
  };
  for (const auto& [prefix, address, inside] : {
           Case{"192.0.2.1", "192.0.2.1", true},
           {"192.0.2.1", "192.0.2.2", false},
           {"192.0.2.99/24", "192.0.2.1", true},
           {"192.0.2.0/24", "192.0.3.1", false},
           {"192.0.2.0/23", "192.0.3.1", true},
           {"192.0.2.0/31", "192.0.2.1", true},
           {"192.0.2.0/31", "192.0.2.2", false},
           {"192.0.2.0/24", "::ffff:192.0.2.1", true},
           {"::ffff:192.0.2.0/120", "192.0.2.1", true},
           {"::ffff:192.0.2.0/120", "192.0.3.1", false},
           {"::ffff:0:0/96", "192.0.2.1", true},
           {"::ffff:0:0/95", "192.0.2.1", true},
           {"::ffff:192.0.2.1", "192.0.2.1", true},
           {"0.0.0.0/0", "255.0.0.1", true},
           {"0.0.0.0/0", "::1", false},
           {"::/0", "::1", true},
           {"::/0", "192.0.2.1", true},
           {"2001:db8::/32", "2001:db8:ffff::1", true},
           {"2001:db8::/32", "2001:db9::", false},
           {"2001:db8::/33", "2001:db8:8000::", false},
           {"::1", "::1", true},
           {"::1/128", "::", false},
       }) {
    CAPTURE(std::string(prefix));
    CAPTURE(std::string(address));
    const auto parsed = Prefix::parse(prefix);
    REQUIRE(parsed);
    CHECK(parsed->contains(*Address::parse(address)) == inside);
  }
  for (const std::string_view bad :
       {"", "/", "/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/08", "192.0.2.0/-1", "192.0.2.0/8/8",
        "::/129", "10/8", "::1%lo/128", "[::1]/128", "192.0.2.0 /24"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(Prefix::parse(bad));
  }
}

TEST_CASE("lists of prefixes") {
  CHECK(parse_prefixes("")->empty());
  CHECK(parse_prefixes(" , ,")->empty());
  CHECK(parse_prefixes("127.0.0.1, ::1 ,10.0.0.0/8,")->size() == 3);
  CHECK_FALSE(parse_prefixes("127.0.0.1 ::1"));
  CHECK_FALSE(parse_prefixes("127.0.0.1,nonsense"));
}
