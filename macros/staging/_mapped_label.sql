{#
    What a label means, looked up in a seed of labels: a scalar subquery, which engines run
    once per different label. The seed's columns are renamed first, so that a source's
    column of the same name is never mistaken for them. A label that stands twice for one
    source (a test of the seeds finds it) means the smallest of its meanings: of the
    statuses, `denied`.

    Arguments
        seed     relation with source_name, label and the meaning
        meaning  the column of the seed that is looked up
        source   the source's name, a plain text
        column   SQL expression of type text with the label
#}
{% macro _mapped_label(seed, meaning, source, column) -%}
    {#- dbt takes a seed's empty column, or one of digits, for numbers -#}
    {%- set source_name = "coalesce(" ~ dbt_consent.trim_spaces('cast(source_name as ' ~ dbt.type_string() ~ ')') ~ ", '')" %}
    case
        when {{ dbt_consent.clean_text(column) }} is not null then coalesce(
            (
                select
                    coalesce(
                        min(case when labels.labelled_source <> '' then labels.labelled_as end),
                        min(case when labels.labelled_source = '' then labels.labelled_as end)
                    )
                from (
                    select
                        {{ source_name }} as labelled_source,
                        {{ dbt_consent.ascii_lower(dbt_consent.clean_text('cast(label as ' ~ dbt.type_string() ~ ')')) }} as labelled,
                        {{ dbt_consent.trim_spaces(meaning) }} as labelled_as
                    from {{ seed }}
                    where {{ source_name }} in ('', {{ dbt_consent.text_literal(source) }})
                ) as labels
                where labels.labelled = {{ dbt_consent.ascii_lower(dbt_consent.clean_text(column)) }}
            ),
            {{ dbt_consent.clean_text(column) }}
        )
    end
{%- endmacro %}
