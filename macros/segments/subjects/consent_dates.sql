{#
    The leaf `consent` with `recorded`, `expires` or `from`: one contact point of the purpose's
    channel, permitted (or granted) for it, answers to all of them by the grant that decides
    there (int_consent__deciding_grants).
#}
{% macro _read_consent_dates(read, condition, purpose) -%}
    {%- set given = condition.given -%}
    {%- set at = condition.at -%}
    {%- set before = read.errors | length -%}
    {%- set asked = given.get('is', 'permitted') -%}
    {%- set purposes = dbt_consent.purposes() -%}
    {%- if asked not in ['permitted', 'granted'] -%}
        {%- do read.errors.append(at ~ '.is: beside recorded, expires and from it is permitted or granted.') -%}
    {%- endif -%}
    {%- if not purposes[purpose].channel -%}
        {%- do read.errors.append(
            at ~ ".consent: the purpose '" ~ purpose ~ "' has no channel, so no contact point has a grant of it to ask for."
        ) -%}
    {%- endif -%}
    {%- set tests = [
        'points.purpose = ' ~ dbt_consent.text_literal(purpose),
        'points.key_type = ' ~ dbt_consent.text_literal(purposes[purpose].channel or ''),
        'points.is_permitted' if asked == 'permitted' else "points.status = 'granted'",
    ] -%}
    {%- set times = {'recorded': 'grants.granted_at', 'expires': 'grants.ends_at'} -%}
    {%- for key, sql in times.items() if key in given -%}
        {%- if given[key] is not mapping or not given[key] -%}
            {%- do read.errors.append(at ~ '.' ~ key ~ ': write {within_last: {days: 30}}, not ' ~ dbt_consent._kind_of(given[key]) ~ '.') -%}
        {%- else -%}
            {%- set field = {'name': key, 'kind': 'timestamp', 'sql': sql, 'is_float': false} -%}
            {%- do tests.extend(dbt_consent._read_tests(read, none, field, given[key], [], at ~ '.' ~ key)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if 'from' in given -%}
        {%- set sources = dbt_consent._read_list_values(read, given['from'], at ~ '.from') -%}
        {%- do tests.append('grants.source_name in (' ~ sources | join(', ') ~ ')') -%}
    {%- endif -%}
    {%- if read.errors | length == before -%}
        {%- do dbt_consent._compile_consent_dates(read, condition, purpose, tests, times) -%}
        {%- if condition.is_needed and purpose == read.contact_for -%}
            {%- do read.chosen.append(dbt_consent._best_of_asked(read, purpose, tests)) -%}
        {%- endif -%}
        {%- if condition.negated -%}
            {%- do dbt_consent._warn_of_denials(read, condition, 'a negated consent condition') -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    The best of the contact points that the leaf asks for, in the order of profile_consents:
    the primary one, the most recently granted, by value.
#}
{% macro _best_of_asked(read, purpose, tests) -%}
    {{ return(
        'select profile_id, key_type, key_value\nfrom (\n    select\n        points.profile_id,\n        points.key_type,\n'
        ~ '        points.key_value,\n        row_number() over (\n            partition by points.profile_id\n            order by\n'
        ~ '                case when known.is_primary then 0 else 1 end,\n'
        ~ '                case when grants.granted_at is null then 1 else 0 end,\n'
        ~ '                grants.granted_at desc,\n'
        ~ '                ' ~ dbt_consent.by_code_point('points.key_value') ~ '\n        ) as choice\n    '
        ~ dbt_consent._points_with_grants(read).replace('\n', '\n    ')
        ~ '\n    left join ' ~ read.relations.points ~ ' as known\n        on\n'
        ~ '            points.profile_id = known.profile_id\n            and points.key_type = known.key_type\n'
        ~ '            and points.key_value = known.key_value\n    where\n        points.is_permitted\n        and '
        ~ tests | join('\n        and ') ~ '\n) as candidates\nwhere choice = 1'
    ) }}
{%- endmacro %}

{# Contact points, each with the grant that decides there. #}
{% macro _points_with_grants(read) -%}
    {{ return(
        'from ' ~ read.relations.permissions ~ ' as points\nleft join ' ~ read.relations.grants ~ ' as grants\n    on\n'
        ~ '        points.profile_id = grants.profile_id\n'
        ~ '        and points.key_type = grants.key_type\n'
        ~ '        and points.key_value = grants.key_value\n'
        ~ '        and points.purpose = grants.purpose'
    ) }}
{%- endmacro %}

{% macro _compile_consent_dates(read, condition, purpose, tests, times) -%}
    {%- set of_purpose = 2 -%}
    {%- set alias = dbt_consent._join(
        read, 'grants', 'grants ' ~ tests | join(' '),
        'select\n    points.profile_id,\n    sum(case when ' ~ tests[of_purpose:] | join(' and ')
        ~ ' then 1 else 0 end) as contact_points,\n    max(' ~ times.recorded ~ ') as recorded_at,\n    min('
        ~ times.expires ~ ') as expires_at\n' ~ dbt_consent._points_with_grants(read) ~ '\nwhere\n    '
        ~ tests[:of_purpose] | join('\n    and ') ~ '\ngroup by points.profile_id'
    ) -%}
    {%- do dbt_consent._set_leaf(condition, [alias ~ '.contact_points > 0'], {
        purpose ~ ' contact points': 'coalesce(' ~ alias ~ '.contact_points, 0)',
        'last recorded': alias ~ '.recorded_at',
        'first to expire': alias ~ '.expires_at',
    }) -%}
{%- endmacro %}
