{#
    What a label means, looked up in a seed of labels: a scalar subquery, which engines run
    once per different label. The seed's columns are renamed first, so that a source's
    column of the same name is never mistaken for them. A label that stands twice for one
    source (a test of the seeds finds it) means the smallest of its meanings: of the
    statuses, `denied`. Null for a label that stands in no row, but for those that mean
    themselves.

    Arguments
        seed     relation with source_name, label and the meaning
        meaning  the column of the seed that is looked up
        source   the source's name, a plain text
        column   SQL expression of type text with the label
        known    list of the meanings: a label that is written like one of them means it,
                 where no row says otherwise
#}
{% macro _mapped_label(seed, meaning, source, column, known) -%}
    {#- dbt takes a seed's empty column, or one of digits, for numbers -#}
    {%- set source_name = 'coalesce(' ~ dbt_consent.trim_spaces(
        'cast(source_name as ' ~ dbt.type_string() ~ ')'
    ) ~ ", '')" -%}
    {%- set label = dbt_consent.clean_text('cast(label as ' ~ dbt.type_string() ~ ')') -%}
    {%- set sought = dbt_consent.ascii_lower(dbt_consent.clean_text(column)) -%}
    {%- set found = [] -%}
    {%- for labelled_source in [source, ''] -%}
        {%- do found.append(dbt_consent.looked_up(sought,
            'select ' ~ dbt_consent.ascii_lower(label) ~ ' as lookup_key, '
            ~ dbt_consent.trim_spaces(meaning) ~ ' as lookup_value from ' ~ seed
            ~ ' where ' ~ source_name ~ ' = ' ~ dbt_consent.text_literal(labelled_source)
        )) -%}
    {%- endfor %}
    coalesce(
        {{ found | join(',\n        ') }},
        case when {{ sought }} in ({{ dbt_consent.text_list(known) }}) then {{ sought }} end
    )
{%- endmacro %}
