"""What the test of the house finds: python3 -m unittest discover -s tests/house -p '*_test.py'"""
import unittest

import house

HOUSE = """
```arrows
shared/<name> → shared
native-host/http → shared
native-host/program → native-host/http
native-host/<capability> → native-host/program
native-host/events (tests) → tests/archive
native-host → native-host/<capability>/capability.hpp
```
"""
SOURCES = {
    'shared/url.hpp': '#include <string>\n',
    'shared/events/event.hpp': '#include "shared/url.hpp"\n',
    'native-host/http/server.hpp': '#include "shared/url.hpp"\n',
    'native-host/program/host.hpp': '#include "native-host/http/server.hpp"\n',
    'native-host/broker/capability.cpp': '',
    'native-host/events/capability.cpp': '',
    'native-host/program/capability.hpp': '',
    'native-host/broker/capability.hpp': '#include "native-host/program/host.hpp"\n',
    'native-host/events/capability.hpp': '#include "native-host/program/host.hpp"\n',
    'native-host/events/redis/queue.cpp': '#include "native-host/events/capability.hpp"\n#include "made.h"\n',
    'native-host/events/log_test.cpp': '#include "tests/archive/model.hpp"\n',
    'native-host/main.cpp': '#include "native-host/broker/capability.hpp"\n',
    'tests/archive/model.hpp': '',
}


class House(unittest.TestCase):
    def problems(self, changes=None, arrows=''):
        return house.problems_of(HOUSE.replace('```arrows\n', '```arrows\n' + arrows), SOURCES | (changes or {}))

    def test_a_house_in_order(self):
        self.assertEqual(self.problems(), [])

    def test_what_is_wrong(self):
        cases = [
            # An include against the arrows, from a unit and from a fuzzer.
            ({'native-host/http/a.cpp': '#include "native-host/program/host.hpp"'}, '', 'no arrow native-host/http → native-host/program'),
            ({'shared/a_fuzz.cpp': '#  include "shared/events/event.hpp"'}, '', 'no arrow shared (tests) → shared/events'),
            # What its tests may, a unit may not.
            ({'native-host/events/a.cpp': '#include "tests/archive/model.hpp"'}, '', 'no arrow native-host/events → tests/archive'),
            # Only a capability's one header is the program's.
            ({'native-host/broker/a.hpp': '', 'native-host/a.cpp': '#include "native-host/broker/a.hpp"'}, '', 'no arrow native-host → native-host/broker'),
            # Whatever the arrows say.
            ({'native-host/events/a.cpp': '#include "native-host/broker/capability.hpp"'},
             'native-host/events → native-host/broker\n', 'no other folder may know a capability'),
            ({'native-host/http/a.cpp': '#include "native-host/program/host.hpp"'},
             'native-host/http → native-host/program\n', 'These include each other: native-host/program → native-host/http → native-host/program'),
            ({}, 'native-host/http → shared/events\n', 'native-host/http → shared/events stands for no include'),
            ({'native-host/kv/store.hpp': ''}, '', 'native-host/kv has no line'),
            ({'shared/a.hpp': '#include "shared/gone.hpp"'}, '', 'shared/gone.hpp, which is no file'),
        ]
        for changes, arrows, wanted in cases:
            with self.subTest(wanted):
                problems = self.problems(changes, arrows)
                self.assertTrue(any(wanted in problem for problem in problems), problems)

    def test_a_block_that_can_not_be_read(self):
        for text in ['', HOUSE + HOUSE, '```arrows\nshared\n```\n', '```arrows\nshared →\n```\n']:
            with self.subTest(text), self.assertRaises(ValueError):
                house.problems_of(text, SOURCES)


if __name__ == '__main__':
    unittest.main()
