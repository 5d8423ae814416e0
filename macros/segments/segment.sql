{#
    A segment: its members, from the rule in the model's own properties (`config: meta:
    segment:`). docs/segments.md describes the language.

    Arguments
        uses        the segments that stand in a `rule_of` of the rule,
        activities  the activities that stand anywhere in it, and
        lists       its lists: dbt has to see them when it parses, and properties are not
                    readable then

    Returns a select of profile_id, key_type, key_value and the rule's attributes, one row
    per member. Raises one compilation error with everything that is wrong with the rule,
    each line with the file, the path inside the rule and the nearest valid name.

    Example
        {{ dbt_consent.segment(uses=['employees'], activities=['orders']) }}
#}
{% macro segment(uses=[], activities=[], lists=[]) -%}
    {%- do config(
        tags=['segment'], meta={'segment_call': {'uses': uses, 'activities': activities, 'lists': lists}}
    ) -%}
    {%- set relations = dbt_consent._segment_relations(uses, activities, lists) -%}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set name = (model.get('tested_node_unique_id') or model.unique_id).split('.')[-1] -%}
    {%- set read = dbt_consent.read_segment(
        name, dbt_consent.segment_rule(name), {'relations': relations}
    ) -%}
    {%- do dbt_consent._check_segment_call(read, uses, activities, lists) -%}
    {%- if read.errors -%}
        {{ exceptions.raise_compiler_error(
            "The rule of segment '" ~ name ~ "' has " ~ (read.errors | length) ~ ' error'
            ~ ('s' if read.errors | length > 1 else '') ~ ':\n- ' ~ read.errors | join('\n- ')
        ) }}
    {%- endif -%}
    {%- for warning in read.warnings -%}
        {%- do exceptions.warn(warning) -%}
    {%- endfor -%}
    {{ return(dbt_consent._segment_select(read)) }}
{%- endmacro %}

{#
    What a segment reads. Called when dbt parses, it gives the segment its place in the
    lineage; a name that is no activity is left for the compiler to complain about.
#}
{% macro _segment_relations(uses, activities, lists) -%}
    {%- for name in uses -%}
        {%- do ref(name) -%}
    {%- endfor -%}
    {%- set models = dbt_consent.setting('activity_models') -%}
    {%- set tied = {} -%}
    {%- for name in activities if name in models -%}
        {%- do tied.update({name: ref(models[name])}) -%}
    {%- endfor -%}
    {%- set list_models = dbt_consent.setting('list_models') -%}
    {%- set listed = {} -%}
    {%- for name in lists if name in list_models -%}
        {%- do listed.update({name: ref(list_models[name])}) -%}
    {%- endfor -%}
    {{ return({
        'profiles': ref('dbt_consent', 'profiles'),
        'consents': ref('dbt_consent', 'profile_consents'),
        'statuses': ref('dbt_consent', 'int_consent__profile_statuses'),
        'records': ref('dbt_consent', 'int_identity__record_profiles'),
        'permissions': ref('dbt_consent', 'contact_point_permissions'),
        'grants': ref('dbt_consent', 'int_consent__deciding_grants'),
        'points': ref('dbt_consent', 'profile_contact_points'),
        'former_points': ref('dbt_consent', 'int_identity__former_points'),
        'successors': ref('dbt_consent', 'int_identity__successors'),
        'deliveries': ref('dbt_consent', 'deliveries'),
        'delivered_members': ref('dbt_consent', 'delivered_members'),
        'activities': tied,
        'lists': listed,
    }) }}
{%- endmacro %}

{#
    The call in the SQL file must name what the rule uses, no more and no less, and the
    segment must stand in `vars: segments:`.
#}
{% macro _check_segment_call(read, uses, activities, lists) -%}
    {%- set wrong = read.uses | sort != uses | sort or read.activities | sort != activities | sort
        or read.lists | sort != lists | sort -%}
    {%- if wrong and not read.errors -%}
        {%- do read.errors.append(
            read.sql_file ~ ': the rule and its SQL file name different segments, activities or lists. Write: '
            ~ dbt_consent._segment_call(read.uses, read.activities, read.lists)
        ) -%}
    {%- endif -%}
    {%- if read.name not in dbt_consent.setting('segments') -%}
        {%- do read.errors.append(
            "dbt_project.yml: vars.segments: '" ~ read.name ~ "' is not listed. Add: - " ~ read.name
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# The line to write in a segment's SQL file. #}
{% macro _segment_call(uses, activities, lists) -%}
    {%- set arguments = [] -%}
    {%- for key, names in {'uses': uses, 'activities': activities, 'lists': lists}.items() if names -%}
        {%- do arguments.append(key ~ "=['" ~ names | sort | join("', '") ~ "']") -%}
    {%- endfor -%}
    {{ return('{{ dbt_consent.segment(' ~ arguments | join(', ') ~ ') }}') }}
{%- endmacro %}
