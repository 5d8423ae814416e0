{#
    The leaf `member_of`: an earlier stay in a segment, by segment_history. Only stays that
    began before the moment that is decided for are seen, and those that ended since are still
    open: so a second run for the same moment says the same, and a segment may ask for itself.

    The history is written after the segments are read, so it is no part of the lineage; in a
    new warehouse, where it is not there yet, nothing is known.
#}
{% macro _read_member_of(read, condition) -%}
    {%- set at = condition.at -%}
    {%- set given = condition.given -%}
    {%- set name = given.member_of -%}
    {%- set keys = read.language.member_keys.keys() | list -%}
    {%- set before = read.errors | length -%}
    {%- do dbt_consent._reject_other_keys(read, given, ['member_of'] + keys, at) -%}
    {%- if name is not string or not dbt_consent._is_known_segment(name) -%}
        {%- do read.errors.append(
            at ~ '.member_of: ' ~ dbt_consent._shown(name) ~ ' is no segment'
            ~ dbt_consent.did_you_mean(name, dbt_consent.setting('segments')) ~ '.'
        ) -%}
    {%- elif given | length == 1 -%}
        {%- do read.errors.append(at ~ ': say when: ' ~ keys | join(', ') ~ '; {member_of: ' ~ name ~ ', now: true} is the last refresh.') -%}
    {%- endif -%}
    {%- if 'now' in given and given.now is not sameas true -%}
        {%- do read.errors.append(at ~ '.now: write true; for the rest, {not: {member_of: ' ~ name ~ ', now: true}}.') -%}
    {%- endif -%}

    {%- set moment = dbt_consent.timestamp_literal(read.as_of) -%}
    {%- set ended = 'case when stays.left_at < ' ~ moment ~ ' then stays.left_at end' -%}
    {%- set left = {'name': 'the end of a stay', 'kind': 'timestamp', 'sql': '(' ~ ended ~ ')', 'is_float': false} -%}
    {%- set entered = {'name': 'the begin of a stay', 'kind': 'timestamp', 'sql': 'stays.entered_at', 'is_float': false} -%}
    {%- set tests = ['stays.segment_name = ' ~ dbt_consent.text_literal(name), 'stays.entered_at < ' ~ moment] -%}
    {%- if 'now' in given -%}
        {%- do tests.append(left.sql ~ ' is null') -%}
    {%- endif -%}
    {%- if 'within_last' in given -%}
        {%- set window = dbt_consent._read_tests(read, none, left, {'within_last': given.within_last}, [], at) -%}
        {%- do tests.append('(' ~ left.sql ~ ' is null or ' ~ window | join ~ ')') -%}
    {%- endif -%}
    {%- for key, field in {'entered': entered, 'left': left}.items() if key in given -%}
        {%- if given[key] is not mapping or not given[key] -%}
            {%- do read.errors.append(at ~ '.' ~ key ~ ': write {within_last: {days: 30}}, not ' ~ dbt_consent._kind_of(given[key]) ~ '.') -%}
        {%- else -%}
            {%- do tests.extend(dbt_consent._read_tests(read, none, field, given[key], [], at ~ '.' ~ key)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if read.errors | length == before -%}
        {%- if condition.negated -%}
            {%- do dbt_consent._warn_of_denials(read, condition, 'a negated member_of') -%}
            {%- do dbt_consent._warn_of_young_history(read, condition) -%}
        {%- endif -%}
        {%- set history = dbt_consent._written_state('segment_history') -%}
        {%- if not history -%}
            {%- do dbt_consent._set_leaf(condition, ['false'], {'stays': '0'}) -%}
        {%- else -%}
            {%- set alias = dbt_consent._join(
                read, 'stays', 'stays ' ~ tests | join(' '),
                'select\n    successors.successor_id as profile_id,\n    count(*) as stays,\n'
                ~ '    max(stays.entered_at) as entered_at,\n    max(' ~ left.sql ~ ') as left_at\nfrom '
                ~ history ~ ' as stays\ninner join ' ~ read.relations.successors ~ ' as successors\n'
                ~ '    on stays.profile_id = successors.profile_id\nwhere\n    ' ~ tests | join('\n    and ')
                ~ '\ngroup by successors.successor_id'
            ) -%}
            {%- do dbt_consent._set_leaf(condition, [alias ~ '.profile_id is not null'], {
                'stays': 'coalesce(' ~ alias ~ '.stays, 0)',
                'last entered': alias ~ '.entered_at',
                'last left': alias ~ '.left_at',
            }) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# A segment of the list, or one that the history still knows. #}
{% macro _is_known_segment(name) -%}
    {%- if name in dbt_consent.setting('segments') -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set history = dbt_consent._written_state('segment_history') if dbt_consent.is_plain_name(name) else none -%}
    {{ return(history is not none and run_query(
        'select 1 from ' ~ history ~ ' where segment_name = ' ~ dbt_consent.text_literal(name) ~ ' limit 1'
    ).rows | length > 0) }}
{%- endmacro %}

{# The table of a model of state, or none as long as nobody has written it. #}
{% macro _written_state(name) -%}
    {{ return(load_relation(dbt_consent.model_relation(name)) if execute else none) }}
{%- endmacro %}

{# A history that is younger than the window makes "was not" true for who was. #}
{% macro _warn_of_young_history(read, condition) -%}
    {%- set window = condition.given.get('within_last') -%}
    {%- set history = dbt_consent._written_state('segment_history') -%}
    {%- if window is mapping and window.keys() | first in ['days', 'weeks', 'months', 'years'] and history -%}
        {%- set unit = window.keys() | first -%}
        {%- set start = dbt_consent._shift_day(read.today, unit, -window[unit]) -%}
        {%- set first = run_query('select min(entered_at) from ' ~ history).columns[0].values()[0] -%}
        {%- if first is none or first.date() > start -%}
            {%- do read.warnings.append(
                condition.at ~ ': the history of segments begins ' ~ ('with this run' if first is none else 'on ' ~ first.date())
                ~ ', which is later than the window; nobody is known to have been in before.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# For what turns true when somebody leaves: a denial is one way to leave. #}
{% macro _warn_of_denials(read, condition, what) -%}
    {%- do read.warnings.append(
        read.file ~ ': the rule can gain members through a denial: ' ~ condition.at ~ ': ' ~ what ~ '.'
    ) -%}
{%- endmacro %}
