#!/usr/bin/env python3
"""The table tells what was measured, what is missed and what cannot be believed."""
import json
import pathlib
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import growth  # noqa: E402
import samples  # noqa: E402
import table  # noqa: E402

GOAL = {"row": "push", "title": "a push", "against": "yardstick:peer", "must": {"ratio_at_least": 3},
        "stretch": {"ratio_at_least": 4}, "guard": 1.5}


def measured(*entries):
    rows = {}
    strangers = samples.read(json.dumps({"benchmarks": [dict(entry, run_type="iteration") for entry in entries]}),
                             rows, "program")
    return rows, strangers


def entry(name, ns, checksum=7, **more):
    return dict({"name": name, "items_per_second": 1e9 / ns, "checksum": checksum}, **more)


def pair(ours_ns, peer_ns, **more):
    return measured(entry("push/ours:ring", ours_ns, **more), entry("push/yardstick:peer/real_time", peer_ns))[0]


class Table(unittest.TestCase):
    def row(self, rows, **changes):
        return table.join({"rows": [dict(GOAL, **changes)]}, rows)[0]

    def test_the_ratio_says_how_often_ours_is_better(self):
        row = self.row(pair(2.0, 7.0))
        self.assertAlmostEqual(row["ratio"], 3.5)
        self.assertEqual((row["must_met"], row["stretch_met"], row["problems"]), (True, False, []))

    def test_a_missed_must_is_marked_and_is_no_problem(self):
        row = self.row(pair(2.0, 4.0))
        self.assertEqual((row["must_met"], row["problems"]), (False, []))
        self.assertIn("**no**", "".join(table.one_line(row)))

    def test_every_condition_of_a_goal_counts(self):
        self.assertTrue(self.row(pair(2.0, 7.0), must={"ratio_at_least": 3, "at_most": 2.5})["must_met"])
        self.assertFalse(self.row(pair(2.0, 7.0), must={"ratio_at_least": 3, "at_most": 1.5})["must_met"])
        self.assertTrue(self.row(pair(2.2, 2.0), must={"ratio_at_most": 1.2})["must_met"])
        self.assertFalse(self.row(pair(2.5, 2.0), must={"ratio_at_most": 1.2})["must_met"])

    def test_a_row_that_did_not_run_is_a_problem(self):
        self.assertIn("did not run", self.row({})["problems"])
        rows, _ = measured(entry("push/ours:ring", 2.0))
        self.assertIn("yardstick:peer did not run", self.row(rows)["problems"])
        self.assertIs(self.row(rows)["must_met"], False)

    def test_an_error_of_a_contestant_is_told(self):
        rows, _ = measured({"name": "push/ours:ring", "error_occurred": True, "error_message": "items were lost"},
                           entry("push/yardstick:peer", 4.0))
        self.assertIn("ours:ring: items were lost", self.row(rows)["problems"])

    def test_contestants_that_computed_something_else_are_a_problem(self):
        row = self.row(pair(2.0, 7.0, checksum=8))
        self.assertFalse(row["checksums_equal"])
        self.assertTrue(row["problems"])
        self.assertTrue(self.row(pair(2.0, 7.0, checksum=7.0001), checksum_tolerance=1e-4)["checksums_equal"])
        rows, _ = measured({"name": "push/ours:ring", "items_per_second": 1e9}, entry("push/yardstick:peer", 4.0))
        self.assertIn("no checksum from ours:ring", "; ".join(self.row(rows)["problems"]))

    def test_a_peer_that_is_not_installed_says_so_and_decides_nothing(self):
        rows, _ = measured(entry("push/ours:ring", 2.0), {"name": "push/yardstick:peer", "absent": "not installed"})
        row = self.row(rows)
        self.assertEqual((row["must_met"], row["problems"]), (None, []))
        self.assertIn("not installed", "".join(table.one_line(row)))

    def test_arguments_are_part_of_the_row_and_added_words_are_not(self):
        self.assertEqual(samples.split_name("cost/ours:all/pairs:100/iterations:1/manual_time"),
                         ("cost/pairs:100", "ours:all"))
        self.assertIsNone(samples.split_name("engine_step/inputs_per_bar:1"))
        self.assertEqual(measured(entry("old_name/2", 1.0))[1], ["program: old_name/2"])

    def test_median_and_spread(self):
        told = samples.summary([5.0, 1.0, 3.0, 2.0, 4.0])
        self.assertEqual((told["median"], told["low"], told["high"], told["samples"]), (3.0, 1.0, 5.0, 5))
        self.assertAlmostEqual(told["spread"], 2 / 3)

    def test_the_guard_finds_what_got_worse_by_more_than_its_margin(self):
        def against(ours_ns, **changes):
            return table.worsened({"rows": [self.row(pair(ours_ns, 7.0), **changes)]},
                                  {"rows": [self.row(pair(2.0, 7.0))]})
        self.assertEqual(against(2.9), [])
        self.assertEqual(len(against(3.1)), 1)
        self.assertEqual(against(30.0, guard=None), [])
        unknown = {"rows": [dict(self.row(pair(2.0, 7.0)), row="other")]}
        self.assertIn("no committed ratio", table.worsened(unknown, {"rows": []})[0][1])

    def test_the_table_in_the_readme_is_replaced_between_its_marks(self):
        text = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
        self.assertEqual(table.replace_between_marks(text, "new\n"),
                         f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n")
        with self.assertRaises(SystemExit):
            table.replace_between_marks("no marks", "new\n")

    def test_a_curve_is_drawn_with_the_slope_it_should_have(self):
        curve = {"curve": "pairs", "x": "sources & targets",
                 "points": [{"x": x, "tick_ns": 400.0, "bytes": 1000.0 * x} for x in (10, 100, 1000)],
                 "slopes": [{"of": "tick_ns", "slope": 0.0, "at_least": -0.1, "at_most": 0.1, "holds": True},
                            {"of": "bytes", "slope": 1.3, "at_least": 0.5, "at_most": 1.05, "holds": False}]}
        picture = xml.etree.ElementTree.fromstring(growth.draw(curve))
        spaces = "{http://www.w3.org/2000/svg}"
        words = [text.text for text in picture.iter(spaces + "text")]
        self.assertIn("slope 1.30, meant 1, allowed 0.5 to 1.05: NOT KEPT", words)
        measured_lines = [line.get("points").split() for line in picture.iter(spaces + "polyline")]
        flat, rising = ([float(place.split(",")[1]) for place in line] for line in measured_lines)
        self.assertEqual(len(set(flat)), 1)
        self.assertAlmostEqual(rising[0] - rising[1], rising[1] - rising[2], delta=0.3)
        meant = [path.get("d") for path in picture.iter(spaces + "path") if path.get("class") == "meant"]
        self.assertEqual(len(meant), 2)
        # What is linear lies on the line that is meant.
        self.assertTrue(meant[1].endswith(measured_lines[1][-1].replace(",", " ")))
        self.assertIn("**no**", growth.markdown({"curves": [curve]}))

    def test_the_committed_goals_can_be_read(self):
        goals = json.loads((pathlib.Path(table.__file__).parent / "goals.json").read_text())["rows"]
        kinds = {"ratio_at_least", "ratio_at_most", "at_least", "at_most"}
        for goal in goals:
            with self.subTest(goal["row"]):
                for kind in ("must", "stretch"):
                    self.assertLessEqual(set(goal.get(kind) or {}), kinds)
                    if any("ratio" in key for key in goal.get(kind) or {}):
                        self.assertIn("against", goal)
                if goal.get("guard"):
                    self.assertIn("against", goal)
        self.assertEqual(len({(goal["row"], goal.get("value", "time")) for goal in goals}), len(goals))


if __name__ == "__main__":
    unittest.main()
