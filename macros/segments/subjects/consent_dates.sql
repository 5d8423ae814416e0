{#
    The leaf `consent` with `recorded`, `expires` or `from`: one contact point of the purpose's
    channel, permitted (or granted) for it, answers to all of them by the grant that decides
    there. Its end is the earliest of its own and those of the grants of purposes above that
    the permission rests on.
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
    {%- set is_granted = "points.status = 'granted'" -%}
    {%- set tests = [
        'points.purpose = ' ~ dbt_consent.text_literal(purpose),
        'points.key_type = ' ~ dbt_consent.text_literal(purposes[purpose].channel or ''),
        'points.is_permitted' if asked == 'permitted' else is_granted,
    ] -%}
    {%- set times = {
        'recorded': 'case when ' ~ is_granted ~ ' then points.recorded_at end',
        'expires': 'case when ' ~ is_granted ~ ' then ends.ends_at end',
    } -%}
    {%- for key, sql in times.items() if key in given -%}
        {%- if given[key] is not mapping or not given[key] -%}
            {%- do read.errors.append(at ~ '.' ~ key ~ ': write {within_last: {days: 30}}, not ' ~ dbt_consent._kind_of(given[key]) ~ '.') -%}
        {%- else -%}
            {%- set field = {'name': key, 'kind': 'timestamp', 'sql': '(' ~ sql ~ ')', 'is_float': false} -%}
            {%- do tests.extend(dbt_consent._read_tests(read, none, field, given[key], [], at ~ '.' ~ key)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if 'from' in given -%}
        {%- set sources = dbt_consent._read_list_values(read, given['from'], at ~ '.from') -%}
        {%- do tests.append(is_granted ~ ' and points.source_name in (' ~ sources | join(', ') ~ ')') -%}
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
        ~ "                case when points.status = 'granted' and points.recorded_at is not null then 0 else 1 end,\n"
        ~ "                case when points.status = 'granted' then points.recorded_at end desc,\n"
        ~ '                ' ~ dbt_consent.by_code_point('points.key_value') ~ '\n        ) as choice\n    '
        ~ dbt_consent._points_with_ends(read, purpose).replace('\n', '\n    ')
        ~ '\n    left join ' ~ read.relations.points ~ ' as known\n        on\n'
        ~ '            points.profile_id = known.profile_id\n            and points.key_type = known.key_type\n'
        ~ '            and points.key_value = known.key_value\n    where\n        points.is_permitted\n        and '
        ~ tests | join('\n        and ') ~ '\n) as candidates\nwhere choice = 1'
    ) }}
{%- endmacro %}

{# Contact points, each with the earliest end of what its permission rests on. #}
{% macro _points_with_ends(read, purpose) -%}
    {%- set above = [purpose] + dbt_consent.purposes()[purpose].ancestors -%}
    {{ return('from ' ~ read.relations.permissions ~ ' as points\nleft join (\n'
        ~ '    select profile_id, key_type, key_value, min(expires_at) as ends_at\n'
        ~ '    from ' ~ read.relations.permissions ~ '\n'
        ~ '    where\n'
        ~ '        purpose in (' ~ dbt_consent.text_list(above) ~ ")\n        and status = 'granted'\n"
        ~ '        and (purpose = ' ~ dbt_consent.text_literal(purpose) ~ " or reason = 'granted')\n"
        ~ '    group by profile_id, key_type, key_value\n) as ends\n    on\n'
        ~ '        points.profile_id = ends.profile_id\n'
        ~ '        and points.key_type = ends.key_type\n'
        ~ '        and points.key_value = ends.key_value'
    ) }}
{%- endmacro %}

{% macro _compile_consent_dates(read, condition, purpose, tests, times) -%}
    {%- set sql = dbt_consent._points_with_ends(read, purpose) ~ '\nwhere\n    ' -%}
    {%- set alias = dbt_consent._join(
        read, 'grants', 'grants ' ~ tests | join(' '),
        'select\n    points.profile_id,\n    count(*) as contact_points\n' ~ sql ~ tests | join('\n    and ')
        ~ '\ngroup by points.profile_id'
    ) -%}
    {%- set any = dbt_consent._join(
        read, 'grants', 'grants of ' ~ purpose,
        'select\n    points.profile_id,\n    max(' ~ times.recorded ~ ') as recorded_at,\n'
        ~ '    min(' ~ times.expires ~ ') as expires_at\n' ~ sql ~ 'points.purpose = '
        ~ dbt_consent.text_literal(purpose) ~ '\ngroup by points.profile_id'
    ) -%}
    {%- do dbt_consent._set_leaf(condition, [alias ~ '.profile_id is not null'], {
        purpose ~ ' contact points': 'coalesce(' ~ alias ~ '.contact_points, 0)',
        'last recorded': any ~ '.recorded_at',
        'first to expire': any ~ '.expires_at',
    }) -%}
{%- endmacro %}
