{#
    The purpose that a source's label means, from the seed `purpose_labels`: trimmed, and
    without regard to the case of A to Z. A row for this source wins over one with an empty
    `source_name`. Null for an empty label, which is no event; a label that nobody mapped
    comes back as it is, and the build stops on it with the file to map it in.

    Arguments
        source  the source's name, a plain text
        column  SQL expression of type text with the label

    Example
        {{ dbt_consent.map_purpose('preference_center', '"Option"') }}
#}
{% macro map_purpose(source, column) -%}
    {{ return(dbt_consent._mapped_label(ref('purpose_labels'), 'purpose', source, column)) }}
{%- endmacro %}
