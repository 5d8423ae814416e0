"""What a warehouse that is refreshed for years keeps of its runs."""

from __future__ import annotations

from exports_project import ScratchProject

from runner.operations.record import KEPT

BUILDS = 30


def test_records_of_runs_and_results_are_bounded(project: ScratchProject) -> None:
    """The last ones, and of each node the last one and the last success, however old."""
    ((one,),) = project.query("select count(*) from node_results")
    project.execute(
        f"""
        insert into node_results
        select * exclude (number) replace (
            'old-' || number as invocation_id, observed_at - to_days(number) as observed_at
        )
        from node_results cross join (select range::int as number from range(1, 200)) as days;
        insert into node_results (invocation_id, which, node_id, resource_type, status, observed_at)
        values ('gone', 'build', 'model.gone', 'model', 'error', '2020-01-02'),
            ('gone', 'build', 'model.gone', 'model', 'success', '2020-01-01');
        insert into refreshes
        select started_at - to_days(number::int), ended_at, target, status, steps, command,
            row_counts, freshness, log
        from refreshes cross join range(1, {KEPT} + 500) as days (number)
        """
    )
    project.refresh()
    assert project.query("select count(*) from refreshes") == [(KEPT,)]
    invocations, rows = project.query(
        "select count(distinct invocation_id), count(*) from node_results"
        " where node_id <> 'model.gone'"
    )[0]
    assert invocations == BUILDS and rows <= BUILDS * one
    assert project.query(
        "select status from node_results where node_id = 'model.gone' order by status"
    ) == [("error",), ("success",)]
    assert project.query("select max(observed_at) from node_results where which = 'build'")
