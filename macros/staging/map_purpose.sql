{#
    The purpose that a source's label means, from the seed `purpose_labels`: trimmed, and
    without regard to the case of A to Z. A row for this source wins over one with an empty
    `source_name`, and the name of a purpose means itself. Null for an empty label and for
    one that nobody mapped: beside `raw_purpose`, which tells them apart, the build stops
    on the latter with the file to map it in.

    Arguments
        source  the source's name, a plain text
        column  SQL expression of type text with the label

    Example
        {{ dbt_consent.map_purpose('preference_center', '"Option"') }}
#}
{% macro map_purpose(source, column) -%}
    {{ return(dbt_consent._mapped_label(ref('purpose_labels'), 'purpose', source, column,
        dbt_consent.purposes().keys() | list)) }}
{%- endmacro %}
