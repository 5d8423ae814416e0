{#
    The candidate that a misspelt name most likely meant: the one that shares the largest
    part of its pairs of neighbouring letters (Dice's coefficient); none when nothing is
    near.

    Arguments
        name        text
        candidates  list of texts

    Example
        {{ dbt_consent.nearest_name('newsleter', ['newsletter', 'sms_offers']) }}   → 'newsletter'
#}
{% macro nearest_name(name, candidates) -%}
    {%- set best = namespace(name=none, score=0.4) -%}
    {%- set pairs = dbt_consent._letter_pairs(name) -%}
    {%- for candidate in candidates -%}
        {%- set other = dbt_consent._letter_pairs(candidate) -%}
        {%- set shared = pairs | select('in', other) | list | length -%}
        {%- set score = 2.0 * shared / (pairs | length + other | length) -%}
        {%- if score > best.score -%}
            {%- set best.name = candidate -%}
            {%- set best.score = score -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(best.name) }}
{%- endmacro %}

{% macro _letter_pairs(name) -%}
    {%- set framed = '^' ~ (name | string | lower) ~ '$' -%}
    {%- set pairs = [] -%}
    {%- for index in range(framed | length - 1) -%}
        {%- do pairs.append(framed[index:index + 2]) -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}

{#
    ` (did you mean 'x'?)`, or nothing: the end of a message about an unknown name.
#}
{% macro did_you_mean(name, candidates) -%}
    {%- set nearest = dbt_consent.nearest_name(name, candidates) -%}
    {{ return(" (did you mean '" ~ nearest ~ "'?)" if nearest else "") }}
{%- endmacro %}
