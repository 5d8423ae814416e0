{#
    The consent models of the setting, each with its defaults filled in: a list of
    {model, kind, on_new_contact_point, max_shrink}.

    kind        `state`: a table of what holds now, where a row that disappears is a
                grant taken back. `ledger`: a list of everything that ever happened, of
                which a row that disappears says nothing. An entry without kind is state,
                the stricter of the two.
    on_new_contact_point
                `ask`: a yes stays with the contact point that it was given for when the
                source shows it on another one. `carry`: the source asks again before it
                changes an address, and the yes goes along.
    max_shrink  the share of its rows that a source may lose between two runs before the
                build stops (0.3).
#}
{% macro consent_models() -%}
    {%- set models = [] -%}
    {%- for entry in dbt_consent.setting('consent_models') -%}
        {%- set given = entry if entry is mapping else {'model': entry} -%}
        {%- do models.append({
            'model': given.model,
            'kind': given.get('kind', 'state'),
            'on_new_contact_point': given.get('on_new_contact_point', 'ask'),
            'max_shrink': given.get('max_shrink', 0.3),
        }) -%}
    {%- endfor -%}
    {{ return(models) }}
{%- endmacro %}

{#
    The columns of a consent model and their types: the contract of
    docs/bring-your-own-data.md. A model that maps labels, itself or in a model before it,
    must show them raw too: a null of map_status alone would not tell an answer that nobody
    mapped from none.
#}
{% macro consent_columns(model) -%}
    {%- set raw = {} -%}
    {%- for node in dbt_consent.models_upstream(model) -%}
        {%- for macro, column in [('map_purpose', 'raw_purpose'), ('map_status', 'raw_status')] -%}
            {%- if macro ~ '(' in (node.raw_code or '')
                or 'macro.dbt_consent.' ~ macro in node.depends_on.macros -%}
                {%- do raw.update({column: 'string'}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(dict({
        'source_name': 'string',
        'consent_id': 'string',
        'key_type': 'string',
        'key_value': 'string',
        'purpose': 'string',
        'status': 'string',
        'recorded_at': 'timestamp',
        'confirmed_at': 'timestamp',
        'expires_at': 'timestamp',
        'evidence': 'string',
    }, **raw)) }}
{%- endmacro %}

{# The nodes of a model and of every model that it is made of, each once. #}
{% macro models_upstream(model) -%}
    {%- set node = dbt_consent.segment_node(model) if execute -%}
    {%- set nodes = [node] if node else [] -%}
    {#- the list grows while it is read #}
    {%- for node in nodes -%}
        {%- for name in node.depends_on.nodes if name.startswith('model.') -%}
            {%- if name in graph.nodes and graph.nodes[name] not in nodes -%}
                {%- do nodes.append(graph.nodes[name]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(nodes) }}
{%- endmacro %}

{#
    What the lists of unpivot_consents say today, in all consent models: a list of
    {consent_model, source_name, label, status}. An answer that two lists of one model read
    differently is in none.
#}
{% macro listed_answers() -%}
    {%- set found = {} -%}
    {%- for entry in dbt_consent.consent_models() -%}
        {%- for node in dbt_consent.models_upstream(entry.model) -%}
            {%- for name, answers in node.config.meta.items() if name.startswith('listed_answers of ') -%}
                {%- for answer in answers -%}
                    {%- set key = (entry.model, answer.source_name, answer.label) -%}
                    {%- set known = found.get(key, answer.status) -%}
                    {%- do found.update({key: answer.status if known == answer.status}) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set listed = [] -%}
    {%- for key, status in found.items() if status -%}
        {%- do listed.append({
            'consent_model': key[0], 'source_name': key[1], 'label': key[2], 'status': status,
        }) -%}
    {%- endfor -%}
    {{ return(listed) }}
{%- endmacro %}

{# The columns with what the source said, word by word; a model may leave each of them out. #}
{% macro raw_consent_columns() -%}
    {{ return([
        'raw_purpose', 'raw_status', 'raw_key_value', 'raw_recorded_at', 'raw_confirmed_at',
        'raw_expires_at',
    ]) }}
{%- endmacro %}

{# The columns of a consent model that are times. #}
{% macro consent_times() -%}
    {{ return(['recorded_at', 'confirmed_at', 'expires_at']) }}
{%- endmacro %}

{# The columns of a suppression list and their types. #}
{% macro suppression_columns() -%}
    {{ return({
        'key_type': 'string',
        'key_value': 'string',
        'reason': 'string',
        'suppressed_at': 'timestamp',
    }) }}
{%- endmacro %}
